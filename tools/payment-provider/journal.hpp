#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/telemetry/metrics.hpp"
#include "tools/payment-provider/effect.hpp"

namespace shop::provider {

/// The append-only log of effects. What is in the file survives the end of the process, however it ends; with
/// `sync` it survives the end of the machine too. Everything appended in one turn of the event loop is
/// written at once. Whoever cannot write throws out of io_context::run(): a provider that forgets payments is
/// worse than none.
class Journal {
  public:
    /// Opens or makes the file and takes a lock on it. Throws std::system_error when it cannot be had, and
    /// std::runtime_error when another process has it.
    Journal(boost::asio::io_context& context, std::string path, bool sync,
            platform::telemetry::Metrics& metrics);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Hands over every effect of earlier processes, in order. Before the first append(). A last line without
    /// its line feed is what a killed process left half-written, and nobody was answered for it: it is cut
    /// off, with a warning. Any other line that cannot be understood is a std::runtime_error that names its
    /// number.
    void replay(const std::function<void(const Effect&)>& effect);

    void append(const std::vector<Effect>& effects);

    /// Returns when everything appended so far is in the file.
    platform::awaitable<void> written();

    /// Writes now what has been appended; the last thing a process does.
    void flush();

  private:
    const std::string path_;
    const bool sync_;
    boost::asio::io_context& context_;
    platform::telemetry::Counter& flushes_;
    platform::telemetry::Counter& bytes_;
    int file_ = -1;
    std::string pending_;
    // Never expires; cancelling it wakes everybody who waits for the present turn's lines.
    std::shared_ptr<boost::asio::steady_timer> turn_;
};

}  // namespace shop::provider
