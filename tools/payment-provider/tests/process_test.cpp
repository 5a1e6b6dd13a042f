#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <optional>

#include "platform/http/client.hpp"
#include "platform/testing/run.hpp"
#include "tools/payment-provider/effect.hpp"
#include "tools/payment-provider/tests/directory.hpp"

namespace shop::provider::testing {
namespace {

namespace http = platform::http;

/// The program itself, on a port that it chose and said in its first line.
class Process {
  public:
    explicit Process(const Directory& directory) {
        int out[2];
        if (::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        std::vector<std::string> environment{"SHOP_HTTP_PORT=0", "SHOP_PROVIDER_KEY=sk_test",
                                             "SHOP_PROVIDER_LOG=" + directory.log()};
        std::vector<char*> pointers;
        for (auto& entry : environment) pointers.push_back(entry.data());
        pointers.push_back(nullptr);
        std::string program = PAYMENT_PROVIDER;
        char* arguments[] = {program.data(), nullptr};
        const int failed =
            ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, pointers.data());
        posix_spawn_file_actions_destroy(&actions);
        ::close(out[1]);
        if (failed != 0) throw std::runtime_error("cannot start " + program);
        out_ = out[0];
        std::string line;
        for (char c; ::read(out_, &c, 1) == 1 && line.find("\"port\"") == line.npos;) {
            if (c == '\n') line.clear();
            line += c;
        }
        std::string digits;
        for (char c; ::read(out_, &c, 1) == 1 && c >= '0' && c <= '9';) digits += c;
        port = std::stoi(digits);
    }
    ~Process() {
        if (pid_ > 0) end(SIGKILL);
        ::close(out_);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// The status that waitpid gives.
    int end(int signal) {
        int status = 0;
        ::kill(pid_, signal);
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return status;
    }

    int port = 0;

  private:
    pid_t pid_ = -1;
    int out_ = -1;
};

/// Several orders at once, each a create and a confirm, until the process is gone. Remembers what was
/// answered.
struct Load {
    boost::asio::io_context io{1};
    http::Client client;
    std::map<std::string, std::string> answered;  // Body under the idempotency key.
    int running = 0;

    explicit Load(int port)
        : client(io, {.base_url = "http://127.0.0.1:" + std::to_string(port), .connections_max = 32}) {}

    platform::awaitable<std::optional<http::ClientResponse>> post(std::string target, std::string body,
                                                                  std::string key) {
        http::ClientRequest request{.method = "POST", .target = std::move(target), .body = std::move(body)};
        request.headers = {{"Authorization", "Bearer sk_test"},
                           {"Content-Type", "application/x-www-form-urlencoded"},
                           {"Idempotency-Key", key}};
        try {
            auto answer = co_await client.send(std::move(request));
            answered[key] = answer.body;
            co_return answer;
        } catch (const http::TransportError&) {
            co_return std::nullopt;
        }
    }

    platform::awaitable<void> orders(int worker) {
        for (int n = 0;; ++n) {
            const auto order = std::to_string(worker) + "-" + std::to_string(n);
            const auto created = co_await post("/v1/payment_intents", body_of(order), order);
            if (!created) break;
            const auto id = boost::json::parse(created->body).at("id").as_string();
            if (!co_await post("/v1/payment_intents/" + std::string(id) + "/confirm", "", order + ":confirm"))
                break;
        }
        --running;
    }

    static std::string body_of(const std::string& order) {
        return "amount=1000&currency=eur&payment_method=pm_card_visa&metadata[order_id]=" + order;
    }
};

TEST(Process, forgets_nothing_that_was_answered_when_it_is_killed_under_load) {
    Directory directory;
    std::map<std::string, std::string> answered;
    {
        Process process(directory);
        Load load(process.port);
        for (load.running = 0; load.running < 16; ++load.running)
            boost::asio::co_spawn(load.io, load.orders(load.running), boost::asio::detached);
        platform::testing::run_until(load.io, [&] { return load.answered.size() > 1'000; });
        EXPECT_EQ(WTERMSIG(process.end(SIGKILL)), SIGKILL);
        platform::testing::run_until(load.io, [&] { return load.running == 0; });
        answered = std::move(load.answered);
    }
    // As if the last write had been cut short by the end of the process.
    std::ofstream(directory.log(), std::ios::app) << R"({"sequence":99999,"time":"20)";
    Process process(directory);
    Load load(process.port);
    for (const auto& [key, body] : answered) {
        const bool confirm = key.ends_with(":confirm");
        const auto order = key.substr(0, key.find(':'));
        const auto id = boost::json::parse(body).at("id").as_string();
        const auto again = platform::testing::run(
            load.io, confirm ? load.post("/v1/payment_intents/" + std::string(id) + "/confirm", "", key)
                             : load.post("/v1/payment_intents", Load::body_of(order), key));
        ASSERT_TRUE(again);
        ASSERT_EQ(again->headers.find("Idempotent-Replayed"), "true") << key;
        ASSERT_EQ(again->body, body) << key;
    }
    EXPECT_EQ(WEXITSTATUS(process.end(SIGTERM)), 0);
}

TEST(Process, every_line_of_the_log_is_whole_and_in_sequence) {
    Directory directory;
    {
        Process process(directory);
        Load load(process.port);
        for (load.running = 0; load.running < 8; ++load.running)
            boost::asio::co_spawn(load.io, load.orders(load.running), boost::asio::detached);
        platform::testing::run_until(load.io, [&] { return load.answered.size() > 200; });
        process.end(SIGTERM);
        platform::testing::run_until(load.io, [&] { return load.running == 0; });
    }
    std::ifstream file(directory.log());
    std::int64_t sequence = 0;
    for (std::string line; std::getline(file, line);) ASSERT_EQ(from_line(line).sequence, ++sequence);
    EXPECT_GT(sequence, 200);
}

}  // namespace
}  // namespace shop::provider::testing
