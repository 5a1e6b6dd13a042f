#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The domain libraries decide, and nothing else: the same decision must come out in production and in a
/// simulated world. What an object file refers to is the proof, since no review finds a clock in a header.
namespace simulation {
namespace {

constexpr std::array<std::string_view, 21> banned{
    "clock_gettime", "gettimeofday", "_clock::now",   "getrandom", "random_device", " rand",   " time",
    " socket",       " connect",     " recv",         " send",     " PQ",           "pthread", "std::thread",
    "std::mutex",    "getenv",       "secure_getenv", "setenv",    " fopen",        " open",   "filebuf"};

/// The undefined symbols of an archive's object files, demangled, one to a line.
std::vector<std::string> references(const std::string& archive) {
    const auto command = "nm --undefined-only --demangle '" + archive + "'";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"),
                                                     [](FILE* file) { return pclose(file); });
    if (!pipe) throw std::runtime_error("nm cannot be started");
    std::vector<std::string> lines;
    std::string line;
    for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
        if (c != '\n') {
            line += static_cast<char>(c);
        } else if (line.contains(" U ")) {
            lines.push_back(std::exchange(line, {}));
        } else {
            line.clear();
        }
    }
    return lines;
}

/// A C function is meant whole, so that "time" does not find "timed_out"; names in C++ are looked for
/// anywhere.
bool names(std::string_view line, std::string_view symbol) {
    const auto at = line.find(symbol);
    if (at == std::string_view::npos) return false;
    if (symbol == " PQ" || !symbol.starts_with(' ')) return true;
    const auto rest = line.substr(at + symbol.size());
    return rest.empty() || rest.starts_with('@');
}

std::vector<std::string> impurities(const std::string& archive) {
    std::vector<std::string> found;
    for (const auto& line : references(archive))
        for (const auto symbol : banned)
            if (names(line, symbol)) found.push_back(line);
    return found;
}

class Purity : public testing::TestWithParam<const char*> {};

TEST_P(Purity, no_clock_randomness_socket_thread_or_environment_is_referred_to) {
    const std::string archive = GetParam();
    ASSERT_FALSE(references(archive).empty()) << "nm told nothing of " << archive;
    EXPECT_EQ(impurities(archive), std::vector<std::string>{}) << archive;
}

INSTANTIATE_TEST_SUITE_P(Domains, Purity, testing::Values(SHOP_DOMAIN_ARCHIVES));

TEST(PurityGate, finds_everything_that_an_impure_library_refers_to) {
    std::string all;
    for (const auto& line : impurities(SHOP_IMPURE_ARCHIVE)) all += line + "\n";
    for (const auto* expected :
         {"system_clock::now", "random_device", " socket", "getenv", "pthread", " time"})
        EXPECT_TRUE(all.contains(expected)) << expected << " was not found in:\n" << all;
}

}  // namespace
}  // namespace simulation
