#include "tools/load/processes.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "platform/contract/json.hpp"

namespace shop::load {

namespace {

constexpr std::string_view own_part = "load generator";

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    if (text.empty() || fault != std::errc{} || stop != end) return std::nullopt;
    return number;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t begin = 0; (begin = text.find_first_not_of(" \n\t", begin)) != std::string_view::npos;) {
        const auto end = std::min(text.find_first_of(" \n\t", begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

/// "RssAnon:     1234 kB" of /proc/<pid>/status; kernel threads have no such line.
std::int64_t bytes_in_status(std::string_view status, std::string_view name) {
    const auto place = status.find(name);
    if (place == std::string_view::npos) return 0;
    const auto words = words_of(status.substr(place + name.size(), 40));
    return words.empty() ? 0 : number_of(words[0]).value_or(0) * 1024;
}

std::vector<Process> processes_of_the_machine() {
    std::vector<Process> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        if (!number_of(entry.path().filename().native())) continue;
        // A process that ends meanwhile leaves empty texts.
        auto process = read_stat(text_of(entry.path() / "stat"));
        if (!process) continue;
        const auto status = text_of(entry.path() / "status");
        process->anonymous_bytes = bytes_in_status(status, "RssAnon:");
        process->shared_bytes = bytes_in_status(status, "RssFile:") + bytes_in_status(status, "RssShmem:");
        found.push_back(*process);
    }
    return found;
}

/// Adds up processes; of the memory that they share, the largest view of it counts.
class Sum {
  public:
    explicit Sum(const std::vector<Process>& processes) : processes_(processes) {}

    void add_alone(std::int64_t pid) {
        for (const auto& process : processes_)
            if (process.pid == pid) add(process);
    }

    void add_tree(std::int64_t pid) {
        add_alone(pid);
        for (const auto& process : processes_)
            if (process.parent == pid && process.pid != pid) add_tree(process.pid);
    }

    Usage usage(double ticks_per_second) const {
        return {static_cast<double>(ticks_) / ticks_per_second, anonymous_bytes_ + shared_bytes_};
    }

  private:
    void add(const Process& process) {
        ticks_ += process.ticks;
        anonymous_bytes_ += process.anonymous_bytes;
        shared_bytes_ = std::max(shared_bytes_, process.shared_bytes);
    }

    const std::vector<Process>& processes_;
    std::int64_t ticks_ = 0;
    std::int64_t anonymous_bytes_ = 0;
    std::int64_t shared_bytes_ = 0;
};

}  // namespace

UsageByPart used_between(const UsageByPart& before, const UsageByPart& after) {
    UsageByPart used = after;
    for (auto& [part, usage] : used) {
        const auto earlier = before.find(part);
        if (earlier == before.end()) continue;
        usage.cpu_seconds = std::max(0.0, usage.cpu_seconds - earlier->second.cpu_seconds);
    }
    return used;
}

std::string part_of(std::string_view process) {
    constexpr std::string_view service = "-service";
    if (process == "epmd") return "rabbitmq";
    const auto place = process.find(service);
    return std::string(place == std::string_view::npos ? process : process.substr(0, place + service.size()));
}

std::optional<Process> read_stat(std::string_view text) {
    // The name stands in parentheses and may itself hold some, and blanks.
    const auto open = text.find(" (");
    const auto close = text.rfind(") ");
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return std::nullopt;
    const auto pid = number_of(text.substr(0, open));
    const auto words = words_of(text.substr(close + 2));
    constexpr std::size_t parent = 1, first_time = 11, times = 4;
    if (!pid || words.size() < first_time + times) return std::nullopt;
    Process process{.pid = *pid, .parent = number_of(words[parent]).value_or(0)};
    for (std::size_t i = 0; i < times; ++i) process.ticks += number_of(words[first_time + i]).value_or(0);
    return process;
}

UsageByPart usage_in(const State& state, std::int64_t self, const std::vector<Process>& processes,
                     double ticks_per_second) {
    std::map<std::string, Sum, std::less<>> sums;
    const auto sum_of = [&](std::string part) -> Sum& {
        return sums.try_emplace(std::move(part), processes).first->second;
    };
    for (const auto& process : state.processes) sum_of(part_of(process.name)).add_tree(process.pid);
    if (state.supervisor.pid != 0) sum_of("supervisor").add_alone(state.supervisor.pid);
    sum_of(std::string(own_part)).add_alone(self);
    UsageByPart usage;
    for (const auto& [part, sum] : sums) usage[part] = sum.usage(ticks_per_second);
    return usage;
}

UsageByPart usage_now(const std::string& state_file) {
    State state;
    if (!state_file.empty()) {
        auto read = platform::contract::from_json<State>(text_of(state_file));
        if (!read) throw std::runtime_error(state_file + " cannot be read: " + read.error());
        state = std::move(*read);
    }
    return usage_in(state, getpid(), processes_of_the_machine(), static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace shop::load
