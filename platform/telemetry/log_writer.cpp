#include "platform/telemetry/log_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace platform::telemetry {
namespace {

/// How long lines gather before they are written together. A thread woken for every line would cost more than
/// the line.
constexpr std::chrono::milliseconds gather{10};

void write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(descriptor, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            pollfd ready{descriptor, POLLOUT, 0};
            ::poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return;  // Nobody reads the log any more; the shop goes on.
        }
    }
}

}  // namespace

LogWriter::LogWriter(int descriptor, std::size_t bytes_max)
    : descriptor_(descriptor), bytes_max_(bytes_max), thread_([this] { run(); }) {}

LogWriter::~LogWriter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void LogWriter::write(std::string_view line) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() + line.size() > bytes_max_) {
            ++dropped_;
            return;
        }
        wake = waiting_.empty();
        waiting_ += line;
        accepted_ += line.size();
    }
    if (wake) changed_.notify_all();
}

bool LogWriter::flush(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    const auto target = accepted_;
    ++flushing_;
    changed_.notify_all();
    const bool written = changed_.wait_for(lock, limit, [&] { return written_ >= target; });
    --flushing_;
    return written;
}

std::uint64_t LogWriter::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

void LogWriter::run() {
    std::string writing;
    std::uint64_t reported = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return !waiting_.empty() || stopping_; });
        if (waiting_.empty()) return;
        changed_.wait_for(lock, gather, [&] { return flushing_ > 0 || stopping_; });
        writing.swap(waiting_);
        const auto lost = dropped_ - reported;
        reported = dropped_;
        lock.unlock();
        write_all(descriptor_, writing);
        if (lost > 0)
            write_all(descriptor_, R"({"level":"warn","message":"log lines dropped","lines":)" +
                                       std::to_string(lost) + "}\n");
        lock.lock();
        written_ += writing.size();
        writing.clear();
        changed_.notify_all();
    }
}

}  // namespace platform::telemetry
