#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <vector>

#include "platform/contract/json.hpp"
#include "tools/load/open/open_load.hpp"

namespace {

using namespace shop::load;

int complain(const std::string& why, int code) {
    std::fputs(("open-load: " + why + "\n").c_str(), stderr);
    return code;
}

OpenReport run(const OpenOptions& options) {
    boost::asio::io_context io{1};
    bool stop = false;
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&stop](boost::system::error_code fault, int) { stop = stop || !fault; });
    std::optional<OpenReport> report;
    std::exception_ptr failure;
    boost::asio::co_spawn(
        io, open_load(io, options, read_accounts(options.tokens), read_articles(options.articles), stop),
        [&](std::exception_ptr error, OpenReport made) {
            failure = error;
            report = std::move(made);
            io.stop();
        });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*report);
}

}  // namespace

int main(int count, char** values) {
    const std::vector<std::string_view> arguments(values + 1, values + count);
    const auto options = read_open_options(arguments);
    if (!options) {
        const bool asked = options.error().empty();
        std::fputs(std::string(open_usage).c_str(), asked ? stdout : stderr);
        return asked ? 0 : complain(options.error(), 2);
    }
    try {
        const auto text = platform::contract::to_json(run(*options)) + "\n";
        std::fputs(text.c_str(), stdout);
        if (options->json.empty()) return 0;
        std::ofstream file(options->json);
        file << text;
        if (!file.flush()) throw std::runtime_error(options->json + " cannot be written");
        return 0;
    } catch (const std::exception& error) {
        return complain(error.what(), 1);
    }
}
