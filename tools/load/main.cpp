#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>

#include "platform/config/config.hpp"
#include "platform/contract/json.hpp"
#include "tools/load/bench.hpp"

namespace {

using namespace shop::load;

/// There are figures, but they do not cover every accepted order; `./shop bench` knows this number.
constexpr int incomplete = 3;

void say(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

int complain(const std::string& why, int code) {
    std::fputs(("bench: " + why + "\n").c_str(), stderr);
    return code;
}

Report run(const Target& target, const Options& options) {
    boost::asio::io_context io{1};
    std::optional<Report> report;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, bench(io, target, options, say), [&](std::exception_ptr error, Report made) {
        failure = error;
        report = std::move(made);
        io.stop();
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*report);
}

void write_json(const Report& report, const std::string& path) {
    std::ofstream file(path);
    file << platform::contract::to_json(report) << '\n';
    if (!file.flush()) throw std::runtime_error(path + " cannot be written");
}

}  // namespace

int main(int count, char** values) {
    const std::vector<std::string_view> arguments(values + 1, values + count);
    const auto options = read_options(arguments);
    if (!options) {
        const bool asked = options.error().empty();
        std::fputs(std::string(usage).c_str(), asked ? stdout : stderr);
        return asked ? 0 : complain(options.error(), 2);
    }
    try {
        const auto target = platform::config::load<Target>(platform::config::Environment::process());
        const auto report = run(target, *options);
        say("");
        say(table_of(report));
        if (!options->json.empty()) write_json(report, options->json);
        if (!complete(report))
            return complain("not every accepted order was found and became final", incomplete);
        return 0;
    } catch (const std::exception& error) {
        return complain(error.what(), 1);
    }
}
