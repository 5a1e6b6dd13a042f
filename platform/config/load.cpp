#include "platform/config/load.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <numeric>

namespace platform::config {
namespace {

constexpr std::string_view prefix_of_all = "SHOP_";
constexpr std::string_view prefix_of_tests = "SHOP_TEST_";
constexpr std::size_t file_bytes_max = 64 * 1024;
constexpr std::size_t quoted_bytes_max = 60;

std::string listed(const std::vector<std::string>& problems) {
    std::string out = "the configuration cannot be used:";
    for (const std::string& problem : problems) out += "\n  " + problem;
    return out;
}

// The number of letters to add, drop or exchange to turn one name into the other.
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

// The known name nearest to the misspelt one; nothing if none is near enough to be what was meant. A name
// with something left off or added at its end, a unit for example, is near at any length.
std::string_view nearest(std::string_view name, const std::vector<std::string>& known) {
    const std::size_t near = std::max<std::size_t>(2, (name.size() - prefix_of_all.size()) / 3);
    std::string_view best;
    std::size_t best_distance = std::string_view::npos;
    for (const std::string& candidate : known) {
        const std::size_t away = distance(name, candidate);
        const bool related = candidate.starts_with(name) || name.starts_with(candidate);
        if (away >= best_distance || (away > near && !related)) continue;
        best_distance = away;
        best = candidate;
    }
    return best;
}

struct FileText {
    std::string text;
    std::string fault;
};

FileText read_file(const std::string& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text(file_bytes_max + 1, '\0');
    if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof()) {
        const char* why = errno != 0 ? std::strerror(errno) : "it is not a file";
        return {{}, "names a file that cannot be read: " + path + ": " + why};
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > file_bytes_max) {
        return {{}, "names a file of more than " + std::to_string(file_bytes_max) + " bytes: " + path};
    }
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    if (text.empty()) return {{}, "names an empty file: " + path};
    return {std::move(text), {}};
}

}  // namespace

ConfigError::ConfigError(std::vector<std::string> problems)
    : std::runtime_error(listed(problems)), problems_(std::move(problems)) {}

std::optional<std::string> Loading::text_of(const std::string& variable, bool sensitive, bool required) {
    ensure(std::ranges::find(known_, variable) == known_.end(), "no two settings share one variable");
    known_.push_back(variable);
    const std::string* text = environment_.find(variable);
    if (sensitive) {
        const std::string file_variable = variable + "_FILE";
        known_.push_back(file_variable);
        if (const std::string* path = environment_.find(file_variable)) {
            if (text != nullptr) {
                refuse(variable, "and " + file_variable + " must not both be set");
                return std::nullopt;
            }
            FileText file = read_file(*path);
            if (file.fault.empty()) return std::move(file.text);
            refuse(file_variable, file.fault);
            return std::nullopt;
        }
    }
    if (text != nullptr) return *text;
    if (required) refuse(variable, "is required");
    return std::nullopt;
}

void Loading::refuse_value(const std::string& variable, const std::string& rule, std::string_view text) {
    std::string quoted(text.substr(0, quoted_bytes_max));
    std::ranges::replace_if(quoted, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
    if (text.size() > quoted_bytes_max) quoted += "...";
    refuse(variable, rule + ", not \"" + quoted + '"');
}

void Loading::finish() {
    refuse_unknown_variables();
    if (!problems_.empty()) throw ConfigError(std::move(problems_));
}

void Loading::refuse_unknown_variables() {
    for (const auto& [name, value] : environment_.variables()) {
        if (!name.starts_with(prefix_of_all) || name.starts_with(prefix_of_tests)) continue;
        if (std::ranges::find(known_, name) != known_.end()) continue;
        const std::string_view meant = nearest(name, known_);
        refuse(name, meant.empty() ? "is not a known variable"
                                   : "is not a known variable; did you mean " + std::string(meant) + '?');
    }
}

std::string variable_name(std::string_view prefix, std::string_view member) {
    std::string out(prefix);
    for (const char c : member) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return out;
}

}  // namespace platform::config
