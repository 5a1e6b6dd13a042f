// A service as small as one can be, for the tests of what every service does.
#include <condition_variable>
#include <mutex>

#include "platform/service/run.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();

namespace platform::service {

namespace {

struct SampleConfig : ServiceConfig {
    bool hang_at_stop = false;
};
BOOST_DESCRIBE_STRUCT(SampleConfig, (ServiceConfig), (hang_at_stop))

/// A part with a mistake in it.
struct NeverAtRest {
    void stop_and_wait() {
        std::unique_lock lock{mutex};
        forever.wait(lock, [] { return false; });
    }
    std::mutex mutex;
    std::condition_variable forever;
};

struct Ports {};

enum class Refusal { none };
http::Problem problem_of(Refusal) { return http::problems::internal_error; }

struct Greeting {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Greeting, (), (text))

awaitable<std::expected<Greeting, Refusal>> get_greeting(Ports) { co_return Greeting{"hello"}; }

awaitable<std::expected<Greeting, Refusal>> get_secret(Ports, http::Caller caller) {
    co_return Greeting{caller.user_id().text()};
}

void compose(Host& host, const SampleConfig& config) {
    host.add_relay({});
    if (config.hang_at_stop) host.add<NeverAtRest>();
    auto& api = host.add_api(http::Info{.title = "sample", .version = "1"}, Ports{});
    api.get("/greeting", 200, &get_greeting, {.access = http::Access::anyone});
    api.get("/secret", 200, &get_secret);
}

}  // namespace

}  // namespace platform::service

int main() {
    return platform::service::run("sample", {platform_messaging_migrations()}, &platform::service::compose);
}
