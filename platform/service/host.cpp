#include "platform/service/host.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <ranges>
#include <stdexcept>
#include <thread>

#include "platform/base/errors.hpp"
#include "platform/service/bearer.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::service {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

/// The io_context's thread. It has work until it is told to end.
class Host::Loop {
  public:
    explicit Loop(asio::io_context& io) : io_{io}, work_{asio::make_work_guard(io)} {
        thread_ = std::thread{[this] {
            io_.run();
            ended_.set_value();
        }};
    }
    ~Loop() {
        io_.stop();
        thread_.join();
    }

    /// Begins `work` on the thread; the future holds what it throws.
    std::future<void> begin(std::function<awaitable<void>()> work) {
        return asio::co_spawn(io_, work(), asio::use_future);
    }
    /// Runs `work` on the thread and returns when it has ended; rethrows what it throws.
    void run(std::function<awaitable<void>()> work) { begin(std::move(work)).get(); }
    void call(std::function<void()> work) {
        asio::post(io_, std::packaged_task<void()>{std::move(work)}).get();
    }

    /// True when nothing was left to do within `patience`.
    bool end(std::chrono::milliseconds patience) {
        work_.reset();
        return ended_.get_future().wait_for(patience) == std::future_status::ready;
    }

  private:
    asio::io_context& io_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::promise<void> ended_;
    std::thread thread_;
};

/// Written each second in the background, so that asking costs nothing and never waits for a database.
struct Host::Readiness {
    std::span<const postgres::Migration> migrations;
    bool database = false;
    SteadyTime checked_at{};
};

namespace {

constexpr auto check_interval = 1s;
/// A check that hangs must not leave its last good result standing.
constexpr auto check_age_max = 4s;
constexpr auto partition_interval = 5min;
constexpr auto prune_interval = 1min;
constexpr std::int64_t pruned_rows_max = 1'000;
/// For the turns of all background loops that are under way at the stop, together.
constexpr auto loops_drain = 1s;

postgres::PoolConfig pool_config(const std::string& name, const ServiceConfig& config) {
    return {.url = config.database_url->text(),
            .application_name = name,
            .name = "work",
            .connections_max = static_cast<std::size_t>(std::int64_t{config.database_connections})};
}

postgres::PoolConfig request_pool_config(const std::string& name, const ServiceConfig& config) {
    auto limits = pool_config(name, config);
    limits.name = "requests";
    limits.connections_max = static_cast<std::size_t>(std::int64_t{config.request_connections});
    limits.acquire_ms = 400ms;
    limits.lock_ms = 1'000ms;
    limits.statement_ms = 1'100ms;
    limits.grace_ms = 300ms;
    return limits;
}

auth::VerifierConfig verifier_config(const ServiceConfig& config) {
    return {.public_keys = *config.jwt_public_keys,
            .issuer = config.jwt_issuer,
            .audience = config.jwt_audience,
            .leeway = std::chrono::seconds{std::int64_t{config.jwt_leeway_s}}};
}

http::ServerConfig server_config(const ServiceConfig& config) {
    return {.host = config.http_host,
            .port = static_cast<unsigned short>(std::int64_t{config.http_port}),
            .max_connections = static_cast<std::size_t>(std::int64_t{config.http_connections})};
}

template <class State>
awaitable<void> check_database(postgres::Pool& pool, std::shared_ptr<State> state) {
    try {
        state->database = co_await postgres::migrated(pool, state->migrations);
        state->checked_at = std::chrono::steady_clock::now();
    } catch (const Unavailable&) {
        state->database = false;
        throw;
    }
}

awaitable<void> drain(http::Server& server, SteadyTime deadline) { co_await server.drain(deadline); }

awaitable<Periodic::Next> once(std::function<awaitable<void>()> turn) {
    co_await turn();
    co_return Periodic::Next::after_interval;
}

awaitable<Periodic::Next> prune_some(
    postgres::Pool& pool, const postgres::Statement<std::int64_t(std::int32_t, std::int64_t)>& statement,
    std::chrono::hours age, telemetry::Counter& pruned) {
    const auto rows = co_await pool.run(statement, static_cast<std::int32_t>(age.count()), pruned_rows_max);
    pruned.add(static_cast<double>(rows));
    co_return rows < pruned_rows_max ? Periodic::Next::after_interval : Periodic::Next::at_once;
}

std::string joined(const std::vector<postgres::PartitionedTable>& tables) {
    std::string names;
    for (const auto& table : tables) names += (names.empty() ? "" : ", ") + table.name;
    return names;
}

/// A database that starts together with us, or again while we start, is waited for until the deadline.
void when_possible(SteadyTime deadline, const std::function<void()>& act) {
    for (;;) {
        try {
            return act();
        } catch (const Unavailable& error) {
            if (std::chrono::steady_clock::now() >= deadline) throw;
            telemetry::log_warn("database not ready yet", {{"reason", error.what()}});
        }
        std::this_thread::sleep_for(300ms);
    }
}

}  // namespace

void migrate_when_possible(const ServiceConfig& config, std::span<const postgres::Migration> migrations) {
    when_possible(std::chrono::steady_clock::now() + config.database_start_ms,
                  [&] { postgres::migrate(config.database_url->text(), migrations); });
}

Host::Host(std::string name, const ServiceConfig& config, std::span<const postgres::Migration> migrations)
    : name_{std::move(name)},
      config_{config},
      verifier_{verifier_config(config), clock_},
      pool_{io_, pool_config(name_, config), metrics_},
      request_pool_{io_, request_pool_config(name_, config), metrics_},
      readiness_{std::make_shared<Readiness>(migrations)} {
    repeat({"database check", check_interval, "this process is not ready and balancers send it nothing"},
           [this] { return check_database(pool_, readiness_); });
}

Host::~Host() {
    loop_.reset();
    server_.reset();
    loops_.clear();
    while (!parts_.empty()) parts_.pop_back();
}

void Host::repeat(PeriodicConfig config, Periodic::Work turn) {
    loops_.push_back(std::make_unique<Periodic>(io_, std::move(config), std::move(turn), metrics_));
}

void Host::repeat(PeriodicConfig config, std::function<awaitable<void>()> turn) {
    repeat(std::move(config), Periodic::Work{[turn = std::move(turn)] { return once(turn); }});
}

void Host::maintain(std::vector<postgres::PartitionedTable> tables) {
    at_start(
        [this, tables] { return postgres::create_partitions(pool_, tables, config_.database_start_ms); });
    const auto names = joined(tables);
    repeat({"partitions of " + names, partition_interval,
            "when no partition is left ahead, rows go to the default one, which is slow to clear"},
           [this, tables] { return postgres::maintain_partitions(pool_, tables); });
}

void Host::prune(std::string table,
                 const postgres::Statement<std::int64_t(std::int32_t, std::int64_t)>& statement,
                 std::chrono::hours age) {
    auto& pruned =
        metrics_.counter("rows_pruned_total", "Rows deleted because of their age.", {{"table", table}});
    repeat({"pruning of " + table, prune_interval, "the table grows"},
           [this, &statement, age, &pruned] { return prune_some(pool_, statement, age, pruned); });
}

messaging::BrokerConfig Host::broker() const { return {.url = config_.broker_url->text(), .name = name_}; }

messaging::Relay& Host::add_relay(std::vector<messaging::Binding> subscribers) {
    maintain({{"outbox", std::chrono::hours{config_.message_retention_h}, "sent_at is null"},
              {"inbox", std::chrono::hours{config_.message_retention_h}},
              {"message_attempts", std::chrono::hours{config_.message_retention_h}}});
    auto mandatory = messaging::subscribed_types(subscribers);
    auto& publisher =
        add<messaging::Publisher>(io_, broker(), std::move(subscribers), std::move(mandatory), metrics_);
    return add<messaging::Relay>(io_, pool_, publisher, messaging::RelayConfig{}, metrics_, name_);
}

messaging::Consumer& Host::add_consumer(messaging::ConsumerHandlers handlers, std::size_t batch_max) {
    messaging::ConsumerConfig limits;
    limits.batch_max = batch_max;
    limits.prefetch = 2 * batch_max;
    auto& consumer = add<messaging::Consumer>(io_, broker(), limits, std::move(handlers), metrics_);
    consumers_.push_back(&consumer);
    return consumer;
}

http::Authenticate Host::authenticate() { return bearer(verifier_); }

awaitable<bool> Host::database_ready() {
    const auto age = std::chrono::steady_clock::now() - readiness_->checked_at;
    co_return readiness_->database&& age < check_age_max;
}

void Host::start() {
    loop_ = std::make_unique<Loop>(io_);
    const auto deadline = std::chrono::steady_clock::now() + config_.database_start_ms;
    for (auto& work : start_work_) when_possible(deadline, [&] { loop_->run(work); });
    when_possible(deadline, [&] { loop_->run([this] { return check_database(pool_, readiness_); }); });
    for (auto& kept : parts_)
        if (kept.start) loop_->call(kept.start);
    for (auto& loop : loops_) loop_->call([&loop] { loop->start(); });
    if (!handler_) throw std::logic_error("the service has no routes");
    server_ = std::make_unique<http::Server>(io_, server_config(config_), handler_, metrics_);
    loop_->call([this] { server_->start(); });
}

bool Host::stop() {
    for (auto& kept : parts_)
        if (kept.announce_drain) loop_->call(kept.announce_drain);
    // Balancers notice after a few missed checks; until then requests keep coming and are served.
    std::this_thread::sleep_for(config_.drain_ms);
    finish_work();
    loop_->run([this] { return stop_loops(); });
    stop_parts();
    loop_->call([this] {
        request_pool_.stop();
        pool_.stop();
    });
    return loop_->end(1s);
}

/// Requests under way and messages that were fetched, side by side: with a slow database each takes its whole
/// time, and one after the other they would not fit into the time for a stop.
void Host::finish_work() {
    for (auto& kept : parts_)
        if (kept.drain) loop_->call(kept.drain);
    std::vector<std::future<void>> ending;
    for (auto* consumer : consumers_) ending.push_back(loop_->begin([consumer] { return consumer->stop(); }));
    const auto deadline = std::chrono::steady_clock::now() + config_.drain_requests_ms;
    loop_->run([this, deadline] { return drain(*server_, deadline); });
    for (auto& one : ending) one.get();
}

awaitable<void> Host::stop_loops() {
    const auto deadline = std::chrono::steady_clock::now() + loops_drain;
    for (auto& loop : loops_) loop->halt();
    for (auto& loop : loops_)
        if (!co_await loop->stop(deadline))
            telemetry::log_warn("background work is left behind in the middle", {{"work", loop->name()}});
}

void Host::stop_parts() {
    for (auto& kept : parts_ | std::views::reverse) {
        try {
            if (kept.stop) loop_->call(kept.stop);
            if (kept.stop_and_wait) kept.stop_and_wait();
            if (kept.stop_waiting) loop_->run(kept.stop_waiting);
        } catch (const std::exception& error) {
            // One part that cannot end in order must not keep the others from it.
            telemetry::log_error("a part did not stop", {{"reason", error.what()}});
        }
    }
}

}  // namespace platform::service
