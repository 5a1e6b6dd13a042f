#include "tools/load/open/history.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "platform/base/ensure.hpp"
#include "platform/contract/json.hpp"

namespace shop::load {

namespace {

/// "2026-11-22T18:00:00.123456Z" without the last three digits.
std::string to_milliseconds(std::string text) {
    constexpr std::size_t kept = std::string_view("2026-11-22T18:00:00.123").size();
    return text.substr(0, kept) + "Z";
}

}  // namespace

std::string_view name_of(Phase phase) {
    switch (phase) {
        case Phase::invoke: return "invoke";
        case Phase::ok: return "ok";
        case Phase::fail: return "fail";
        case Phase::info: return "info";
    }
    platform::broken("every phase has a name", std::source_location::current());
}

History::History(const std::string& path)
    : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), path);
}

History::~History() { ::close(file_); }

void History::write(HistoryEntry entry) {
    entry.at = to_milliseconds(platform::rfc3339(
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now())));
    const auto line = platform::contract::to_json(entry) + "\n";
    // One call, so that no line is ever torn by another writer.
    if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        throw std::system_error(errno, std::generic_category(), "the history");
}

}  // namespace shop::load
