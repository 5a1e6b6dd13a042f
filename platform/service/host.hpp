#pragma once

#include <boost/asio/io_context.hpp>
#include <concepts>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/auth/verifier.hpp"
#include "platform/base/clock.hpp"
#include "platform/base/ids.hpp"
#include "platform/http/api.hpp"
#include "platform/http/server.hpp"
#include "platform/messaging/inbox.hpp"
#include "platform/messaging/relay.hpp"
#include "platform/messaging/subscription.hpp"
#include "platform/postgres/migrate.hpp"
#include "platform/postgres/partitions.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/config.hpp"
#include "platform/service/periodic.hpp"
#include "platform/telemetry/metrics.hpp"

namespace platform::service {

/// Migrates the database named by the configuration; one that is away or busy is given `database_start_ms`.
/// Blocks. Throws what postgres::migrate throws.
void migrate_when_possible(const ServiceConfig& config, std::span<const postgres::Migration> migrations);

/// What every service process has, and what it is made of. A service's main composes: it adds its parts and
/// its routes; the host starts them in the order they were added, stops them in the opposite order, and
/// destroys them when nothing runs any more. One thread runs the io_context, and with it every handler; more
/// processor cores are used by more replicas.
class Host {
  public:
    /// Throws std::runtime_error when the token keys cannot be read.
    Host(std::string name, const ServiceConfig& config, std::span<const postgres::Migration> migrations);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    const std::string& name() const { return name_; }
    boost::asio::io_context& io() { return io_; }
    telemetry::Metrics& metrics() { return metrics_; }
    const Clock& clock() const { return clock_; }
    Ids& ids() { return ids_; }
    /// For messages and background work, which would rather wait than fail.
    postgres::Pool& pool() { return pool_; }
    /// For HTTP requests: the connections are their own, so that neither starves the other, and with the
    /// database frozen a caller hears so within two seconds.
    postgres::Pool& request_pool() { return request_pool_; }
    auth::Verifier& verifier() { return verifier_; }

    /// Makes a part of the service that lives as long as the host. Its start(), if it has one, is called on
    /// the io_context's thread once everything is composed and before the first request. Its
    /// announce_drain() is called when the process begins to say "not ready", and its drain() when requests
    /// under way shall come to their end, so that whoever waits for something is answered. How it stops, if
    /// it has to, comes after the last request: stop(), plain or a coroutine, runs on the io_context's thread
    /// as everything else does and must not block it; stop_and_wait() waits for a thread of the part's own
    /// and is called on the main thread.
    template <class Part, class... Args>
    Part& add(Args&&... args) {
        auto part = std::make_shared<Part>(std::forward<Args>(args)...);
        Kept kept{.part = part};
        if constexpr (requires { part->start(); }) kept.start = [part] { part->start(); };
        if constexpr (requires { part->announce_drain(); })
            kept.announce_drain = [part] { part->announce_drain(); };
        if constexpr (requires { part->drain(); }) kept.drain = [part] { part->drain(); };
        if constexpr (requires {
                          { part->stop() } -> std::same_as<awaitable<void>>;
                      })
            kept.stop_waiting = [part] { return part->stop(); };
        else if constexpr (requires { part->stop(); })
            kept.stop = [part] { part->stop(); };
        if constexpr (requires { part->stop_and_wait(); })
            kept.stop_and_wait = [part] { part->stop_and_wait(); };
        parts_.push_back(std::move(kept));
        return *part;
    }

    /// Work to be done before the service is ready. It is repeated while the database is away, for as long as
    /// the configuration allows, so it must be safe to repeat; any other failure is a failed start.
    void at_start(std::function<awaitable<void>()> work) { start_work_.push_back(std::move(work)); }

    /// A background loop from the start to the stop; see Periodic. At the stop all are halted at once, before
    /// any part is stopped.
    void repeat(PeriodicConfig config, Periodic::Work turn);
    /// The same with a turn that is all there is to do.
    void repeat(PeriodicConfig config, std::function<awaitable<void>()> turn);

    /// Keeps the daily partitions of these tables in order from now on. No start without today's: a table
    /// without it fills its default one.
    void maintain(std::vector<postgres::PartitionedTable> tables);

    /// Deletes rows of `table` that are older than `age`, from now on. `statement` takes the age in hours and
    /// how many rows to delete at most, and returns how many it deleted; several replicas run it at once.
    void prune(std::string table,
               const postgres::Statement<std::int64_t(std::int32_t, std::int64_t)>& statement,
               std::chrono::hours age);

    /// Makes what publishes this process's outbox to the broker named by the configuration: a publisher that
    /// declares `subscribers` (all who listen to what this service publishes) and a relay. Wake it after a
    /// commit that wrote events. Also keeps the partitions of outbox, inbox and attempts.
    messaging::Relay& add_relay(std::vector<messaging::Binding> subscribers);

    /// Makes what remembers the handled messages of the queue of this name.
    messaging::Inbox& add_inbox(std::string queue) {
        return add<messaging::Inbox>(std::move(queue), metrics_);
    }

    /// Makes what consumes this queue in batches of at most `batch_max`; `inbox` is the queue's own.
    template <class Event>
    messaging::Consumer& add_consumer(const messaging::Subscription<Event>& queue,
                                      const messaging::Inbox& inbox, std::size_t batch_max) {
        return add_consumer(queue.handlers(inbox, pool_), batch_max);
    }

    /// Makes the route table that the HTTP server will serve, with access tokens checked and readiness
    /// joined.
    template <class Ports>
    http::Api<Ports>& add_api(http::Info info, Ports ports) {
        auto& api = add<http::Api<Ports>>(std::move(info), std::move(ports), authenticate(), metrics_);
        api.ready_when("database", [this] { return database_ready(); });
        handler_ = api.handler();
        return api;
    }

    /// For the process's main only. Throws when something cannot start; then only destruction is left.
    void start();
    /// The port that HTTP is served on, after start().
    unsigned short port() const { return server_->port(); }
    /// Not ready, still serving, then drained and stopped. False when something was still running at the end.
    bool stop();

  private:
    struct Kept {
        std::shared_ptr<void> part;
        std::function<void()> start{};
        std::function<void()> announce_drain{};
        std::function<void()> drain{};
        std::function<void()> stop{};
        std::function<awaitable<void>()> stop_waiting{};
        std::function<void()> stop_and_wait{};
    };
    class Loop;
    struct Readiness;

    messaging::BrokerConfig broker() const;
    messaging::Consumer& add_consumer(messaging::ConsumerHandlers handlers, std::size_t batch_max);
    http::Authenticate authenticate();
    awaitable<bool> database_ready();
    void finish_work();
    awaitable<void> stop_loops();
    void stop_parts();

    const std::string name_;
    const ServiceConfig config_;
    telemetry::Metrics metrics_;  // Before the io_context: what ends with that still counts.
    boost::asio::io_context io_{1};
    SystemClock clock_;
    RandomIds ids_;
    auth::Verifier verifier_;
    postgres::Pool pool_;
    postgres::Pool request_pool_;
    std::shared_ptr<Readiness> readiness_;
    std::vector<Kept> parts_;
    std::vector<messaging::Consumer*> consumers_;  // Among the parts.
    std::vector<std::unique_ptr<Periodic>> loops_;
    std::vector<std::function<awaitable<void>()>> start_work_;
    http::Handler handler_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<Loop> loop_;
};

}  // namespace platform::service
