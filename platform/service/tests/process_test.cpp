#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "platform/auth/signer.hpp"
#include "platform/base/clock.hpp"
#include "platform/http/client.hpp"
#include "platform/service/tests/child.hpp"
#include "platform/service/tests/keys.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"
#include "platform/testing/tcp_gate.hpp"

namespace platform::service {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Environment = std::map<std::string, std::string>;

const std::filesystem::path& keys() {
    static const Keys made;
    return made.path;
}

/// A server that accepts connections and never says a word.
class MuteServer {
  public:
    MuteServer() : socket_{socket(AF_INET, SOCK_STREAM, 0)} {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        bind(socket_, reinterpret_cast<sockaddr*>(&address_), size);
        listen(socket_, 8);
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size);
    }
    ~MuteServer() { close(socket_); }
    std::string port() const { return std::to_string(ntohs(address_.sin_port)); }

  private:
    int socket_;
    sockaddr_in address_{};
};

/// Nobody listens on the broker's port: a service starts, serves and stops without one.
Environment environment(const std::string& database) {
    return {{"SHOP_HTTP_PORT", "0"},
            {"SHOP_DATABASE_URL", database},
            {"SHOP_BROKER_URL", "amqp://guest:guest@127.0.0.1:1/"},
            {"SHOP_JWT_PUBLIC_KEYS", keys().string()},
            {"SHOP_DRAIN_MS", "0"}};
}

/// The sample service on a database of its own.
class Sample {
  public:
    explicit Sample(const Environment& changes = {}, const std::string& database_url = {}) {
        auto variables = environment(database_url.empty() ? database.url() : database_url);
        for (const auto& [name, value] : changes) variables[name] = value;
        child.emplace(SAMPLE_PROGRAM, variables);
        const auto line = boost::json::parse(child->line_with(R"("serving")")).as_object();
        port = line.at("port").to_number<int>();
        client.emplace(io, http::ClientConfig{.base_url = "http://127.0.0.1:" + std::to_string(port)});
    }

    http::ClientResponse get(std::string target, std::string token = {}) {
        http::ClientRequest request{.target = std::move(target)};
        if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
        return platform::testing::run(io, client->send(std::move(request)));
    }
    /// Asks until the answer has this status.
    void await_ready(int status) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (get("/health/ready").status != status)
            if (std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error("/health/ready never answered " + std::to_string(status));
    }

    platform::testing::Database database;
    boost::asio::io_context io;
    std::optional<Child> child;
    std::optional<http::Client> client;
    int port = 0;
};

TEST(Process, serves_and_ends_in_order) {
    Sample sample;
    EXPECT_EQ(sample.get("/health/live").status, 200);
    EXPECT_EQ(sample.get("/health/ready").status, 200) << "ready as soon as it serves";
    EXPECT_EQ(sample.get("/api/v1/greeting").body, R"({"text":"hello"})");
    sample.child->signal(SIGTERM);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(sample.child->wait(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
    EXPECT_THAT(sample.child->output(), HasSubstr(R"("message":"stopped")")) << "nothing was left behind";
}

TEST(Process, serves_on_while_it_says_that_it_is_not_ready) {
    Sample sample{{{"SHOP_DRAIN_MS", "1500"}}};
    const auto start = std::chrono::steady_clock::now();
    sample.child->signal(SIGINT);
    sample.child->line_with(R"("stopping")");
    sample.await_ready(503);
    EXPECT_EQ(sample.get("/api/v1/greeting").status, 200);
    EXPECT_EQ(sample.child->wait(), 0);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 1500ms);
}

TEST(Process, ends_at_once_on_a_second_signal) {
    Sample sample{{{"SHOP_DRAIN_MS", "60000"}, {"SHOP_STOP_MS", "90000"}}};
    sample.child->signal(SIGTERM);
    sample.child->line_with(R"("stopping")");
    sample.child->signal(SIGTERM);
    EXPECT_EQ(sample.child->wait(), 128 + SIGTERM);
}

TEST(Process, ends_even_if_a_part_of_it_does_not) {
    Sample sample{
        {{"SHOP_HANG_AT_STOP", "true"}, {"SHOP_DRAIN_REQUESTS_MS", "100"}, {"SHOP_STOP_MS", "300"}}};
    sample.child->signal(SIGTERM);
    EXPECT_EQ(sample.child->wait(), 1);
    EXPECT_THAT(sample.child->output(), HasSubstr("the stop took too long"));
}

TEST(Process, ends_at_once_on_a_signal_during_its_start) {
    const MuteServer database;
    Child child{SAMPLE_PROGRAM, environment("postgresql://nobody@127.0.0.1:" + database.port() + "/none")};
    child.line_with(R"("starting")");
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 128 + SIGTERM);
}

TEST(Process, names_everything_that_is_wrong_with_its_configuration) {
    auto variables = environment("mysql://wrong");
    variables["SHOP_HTTP_PORT"] = "99999";
    variables["SHOP_DRAIM_MS"] = "3000";
    variables.erase("SHOP_JWT_PUBLIC_KEYS");
    Child child{SAMPLE_PROGRAM, variables};
    EXPECT_EQ(child.wait(), 2);
    for (const char* name : {"SHOP_DATABASE_URL", "SHOP_HTTP_PORT", "SHOP_DRAIM_MS", "SHOP_JWT_PUBLIC_KEYS"})
        EXPECT_THAT(child.output(), HasSubstr(name));
}

TEST(Process, wants_the_steps_of_its_stop_to_fit_into_the_whole) {
    auto variables = environment("postgresql://nobody@127.0.0.1:1/none");
    variables["SHOP_DRAIN_MS"] = "20000";
    Child child{SAMPLE_PROGRAM, variables};
    EXPECT_EQ(child.wait(), 2);
    EXPECT_THAT(child.output(), HasSubstr("SHOP_STOP_MS"));
}

TEST(Process, says_why_it_cannot_start) {
    auto variables = environment("postgresql://nobody@127.0.0.1:1/none");
    variables["SHOP_DATABASE_START_MS"] = "0";
    Child without_database{SAMPLE_PROGRAM, variables};
    EXPECT_EQ(without_database.wait(), 1);
    EXPECT_THAT(without_database.output(), HasSubstr("sample: cannot go on: "));

    const platform::testing::Database database;
    variables = environment(database.url());
    variables["SHOP_JWT_PUBLIC_KEYS"] = "/nowhere";
    Child without_keys{SAMPLE_PROGRAM, variables};
    EXPECT_EQ(without_keys.wait(), 1);
    EXPECT_THAT(without_keys.output(), HasSubstr("/nowhere"));

    const MuteServer taken;
    variables = environment(database.url());
    variables["SHOP_HTTP_PORT"] = taken.port();
    Child without_port{SAMPLE_PROGRAM, variables};
    EXPECT_EQ(without_port.wait(), 1);
    EXPECT_THAT(without_port.output(), HasSubstr("Address already in use"));
}

TEST(Process, is_ready_only_while_its_database_answers) {
    const platform::testing::Database database;
    platform::testing::TcpGate gate{database.host(), database.port()};
    Sample sample{{}, database.url_at(gate.port())};
    sample.await_ready(200);
    gate.hold_replies();
    sample.await_ready(503);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(sample.get("/health/ready").status, 503);
    EXPECT_EQ(sample.get("/health/live").status, 200) << "a restart would not bring the database back";
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s) << "the answer does not wait for the database";
    gate.release_replies();
    sample.await_ready(200);
    sample.child->signal(SIGTERM);
    EXPECT_EQ(sample.child->wait(), 0);
}

TEST(Process, lets_access_tokens_in_and_nothing_else) {
    Sample sample;
    const Time now = SystemClock{}.now();
    const Uuid user = *Uuid::parse("01932f4a-7c00-7000-8000-000000000001");
    const auth::Claims claims{"https://shop.local/auth",    "shop-api", user, "customer", Uuid{}, now,
                              now + std::chrono::minutes{1}};
    const auto token = auth::Signer{keys() / "k1.pem"}.sign(claims);
    const auto known = sample.get("/api/v1/secret", token);
    EXPECT_EQ(known.status, 200);
    EXPECT_THAT(known.body, HasSubstr(user.text()));
    EXPECT_EQ(sample.get("/api/v1/secret").status, 401);
    EXPECT_EQ(sample.get("/api/v1/secret", token + "A").status, 401);
}

}  // namespace
}  // namespace platform::service
