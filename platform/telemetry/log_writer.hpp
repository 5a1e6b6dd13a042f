#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace platform::telemetry {

/// Writes lines to a file descriptor from a thread of its own, so that whoever logs never waits for a slow
/// reader. Holds at most `bytes_max`; a line that does not fit is dropped and counted. Thread-safe. The
/// destructor writes what is left. Does not own the descriptor.
class LogWriter {
  public:
    LogWriter(int descriptor, std::size_t bytes_max);
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    /// `line` includes its line feed.
    void write(std::string_view line);

    /// Returns when everything written before the call has reached the descriptor or failed to; false when
    /// that takes longer than `limit`, because whoever reads has stopped reading.
    bool flush(std::chrono::milliseconds limit);

    std::uint64_t dropped() const;

  private:
    void run();

    const int descriptor_;
    const std::size_t bytes_max_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string waiting_;
    std::uint64_t accepted_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t dropped_ = 0;
    std::size_t flushing_ = 0;
    bool stopping_ = false;
    std::thread thread_;  // Last: it starts when everything it reads exists.
};

}  // namespace platform::telemetry
