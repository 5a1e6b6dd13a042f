#include "tools/payment-provider/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "platform/telemetry/log.hpp"

namespace shop::provider {
namespace {

constexpr std::size_t read_bytes = 1024 * 1024;

[[noreturn]] void fail(const std::string& what, const std::string& path) {
    throw std::system_error(errno, std::generic_category(), what + " " + path);
}

}  // namespace

Journal::Journal(boost::asio::io_context& context, std::string path, bool sync,
                 platform::telemetry::Metrics& metrics)
    : path_(std::move(path)),
      sync_(sync),
      context_(context),
      flushes_(
          metrics.counter("provider_log_writes_total", "Writes to the log; each holds one or more effects.")),
      bytes_(metrics.counter("provider_log_bytes_total", "Bytes written to the log.")) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (file_ < 0) fail("cannot open", path_);
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        ::close(std::exchange(file_, -1));
        throw std::runtime_error(path_ + " is in use by another process");
    }
}

Journal::~Journal() {
    if (file_ >= 0) ::close(file_);
}

void Journal::replay(const std::function<void(const Effect&)>& effect) {
    std::string buffer;
    std::string block(read_bytes, '\0');
    off_t whole = 0;  // Where the last complete line ends.
    std::size_t number = 0;
    for (off_t at = 0;;) {
        const auto count = ::pread(file_, block.data(), block.size(), at);
        if (count < 0) fail("cannot read", path_);
        if (count == 0) break;
        at += count;
        buffer.append(block, 0, static_cast<std::size_t>(count));
        std::size_t begin = 0;
        for (auto end = buffer.find('\n'); end != buffer.npos; end = buffer.find('\n', begin)) {
            ++number;
            try {
                effect(from_line(std::string_view(buffer).substr(begin, end - begin)));
            } catch (const std::runtime_error& error) {
                throw std::runtime_error(path_ + ", line " + std::to_string(number) + ": " + error.what());
            }
            begin = end + 1;
        }
        whole += static_cast<off_t>(begin);
        buffer.erase(0, begin);
    }
    if (buffer.empty()) return;
    platform::telemetry::log_warn("the log ends in half a line, which is dropped",
                                  {{"path", path_}, {"line", number + 1}, {"bytes", buffer.size()}});
    if (::ftruncate(file_, whole) != 0) fail("cannot cut", path_);
}

void Journal::append(const std::vector<Effect>& effects) {
    if (effects.empty()) return;
    for (const auto& effect : effects) pending_ += to_line(effect);
    if (turn_) return;
    turn_ =
        std::make_shared<boost::asio::steady_timer>(context_, boost::asio::steady_timer::time_point::max());
    // Posted, so that requests whose bytes are already here join this write.
    boost::asio::post(context_, [this] { flush(); });
}

platform::awaitable<void> Journal::written() {
    const auto turn = turn_;
    if (turn) co_await turn->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

void Journal::flush() {
    std::string_view left = pending_;
    while (!left.empty()) {
        const auto count = ::write(file_, left.data(), left.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("cannot write", path_);
        left.remove_prefix(static_cast<std::size_t>(count));
    }
    if (!pending_.empty()) {
        if (sync_ && ::fdatasync(file_) != 0) fail("cannot sync", path_);
        flushes_.add();
        bytes_.add(static_cast<double>(pending_.size()));
    }
    pending_.clear();
    if (const auto turn = std::exchange(turn_, nullptr)) turn->cancel();
}

}  // namespace shop::provider
