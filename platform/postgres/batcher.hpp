#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/ensure.hpp"
#include "platform/base/errors.hpp"

namespace platform::postgres {

struct BatcherConfig {
    std::size_t batch_max = 200;
    std::size_t flights_max = 2;  ///< Batches under way at once.
    std::size_t queue_max = 2000;
    std::chrono::milliseconds wait_ms{5000};  ///< For one item, from submit to result.
};

/// Group commit: what is submitted while all flights are under way goes out as one batch as soon as one is
/// back, so a lone item waits for nobody and a crowd shares its transactions. `flight` takes a batch and
/// returns one result per item, in order. When it throws platform::Unavailable, every item of the batch gets
/// that; when it throws anything else, each item is tried once more alone, so that only the bad one fails.
/// Used on the io_context's thread only. Destruction stops it.
template <class Item, class Outcome>
class Batcher {
  public:
    using Flight = std::function<awaitable<std::vector<Outcome>>(std::vector<Item>)>;

    Batcher(boost::asio::io_context& io, BatcherConfig config, Flight flight)
        : core_(std::make_shared<Core>(io, config, std::move(flight))) {
        ensure(config.batch_max > 0 && config.flights_max > 0, "a batcher may carry something");
    }
    ~Batcher() { stop(); }
    Batcher(const Batcher&) = delete;
    Batcher& operator=(const Batcher&) = delete;

    /// Throws platform::Unavailable when the queue is full, when no result came within wait_ms (an item
    /// already on its way may still take effect) or after stop(); and what the flight threw for this item.
    awaitable<Outcome> submit(Item item) { return wait(core_, std::move(item)); }

    /// Refuses what waits and what comes; flights under way end by themselves.
    void stop() {
        core_->stopped = true;
        fail(Tickets(core_->queue.begin(), core_->queue.end()),
             std::make_exception_ptr(platform::Unavailable("batcher: stopped")));
        core_->queue.clear();
    }

  private:
    /// One submitted item. The timer bounds the wait and is the bell that ends it early.
    struct Ticket {
        Ticket(const boost::asio::any_io_executor& executor, std::chrono::milliseconds wait, Item submitted)
            : item(std::move(submitted)), bell(executor, wait) {}

        Item item;
        boost::asio::steady_timer bell;
        std::optional<Outcome> outcome;
        std::exception_ptr error;
        bool abandoned = false;

        bool settled() const { return outcome || error; }
    };
    using Tickets = std::vector<std::shared_ptr<Ticket>>;

    struct Core {
        Core(boost::asio::io_context& context, BatcherConfig limits, Flight function)
            : io(context), config(limits), flight(std::move(function)) {}

        boost::asio::io_context& io;
        const BatcherConfig config;
        const Flight flight;
        std::deque<std::shared_ptr<Ticket>> queue;
        std::size_t flights = 0;
        bool stopped = false;
    };

    /// An item whose submitter is gone, for whatever reason, is not worked for if it has not left yet.
    struct Abandon {
        std::shared_ptr<Core> core;
        std::shared_ptr<Ticket> ticket;
        ~Abandon() {
            ticket->abandoned = true;
            if (!ticket->settled()) std::erase(core->queue, ticket);
        }
    };

    enum class Carried { settled, unavailable, refused };

    static awaitable<Outcome> wait(std::shared_ptr<Core> core, Item item) {
        auto executor = co_await boost::asio::this_coro::executor;
        auto ticket = std::make_shared<Ticket>(executor, core->config.wait_ms, std::move(item));
        Abandon guard{core, ticket};
        join(core, ticket);
        boost::system::error_code rung;
        co_await ticket->bell.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
        if (ticket->error) std::rethrow_exception(ticket->error);
        if (ticket->outcome) co_return std::move(*ticket->outcome);
        if (rung) throw boost::system::system_error(rung);
        throw platform::Unavailable("batcher: no result in time");
    }

    static void join(const std::shared_ptr<Core>& core, std::shared_ptr<Ticket> ticket) {
        if (core->stopped) throw platform::Unavailable("batcher: stopped");
        if (core->queue.size() >= core->config.queue_max) throw platform::Unavailable("batcher: queue full");
        core->queue.push_back(std::move(ticket));
        if (core->flights == core->config.flights_max) return;
        ++core->flights;
        // Counts the flight for as long as its loop lives, also when that is destroyed in mid-air.
        std::shared_ptr<Core> airborne(core.get(), [core](Core* counted) { --counted->flights; });
        boost::asio::co_spawn(core->io, fly(std::move(airborne)), boost::asio::detached);
    }

    static awaitable<void> fly(std::shared_ptr<Core> core) {
        // Whoever submits in the same turn of the event loop still joins the first batch.
        co_await boost::asio::post(boost::asio::use_awaitable);
        for (auto batch = next(*core); !batch.empty(); batch = next(*core)) {
            auto carried = co_await carry(core, batch);
            if (carried == Carried::refused && batch.size() > 1)
                co_await carry_singly(core, std::move(batch));
        }
    }

    static Tickets next(Core& core) {
        auto count = std::min(core.queue.size(), core.config.batch_max);
        auto end = core.queue.begin() + static_cast<std::ptrdiff_t>(count);
        Tickets batch(core.queue.begin(), end);
        core.queue.erase(core.queue.begin(), end);
        return batch;
    }

    static awaitable<void> carry_singly(std::shared_ptr<Core> core, Tickets batch) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (batch[i]->abandoned) continue;
            auto carried = co_await carry(core, Tickets{batch[i]});
            if (carried != Carried::unavailable) continue;
            // What is gone for one is gone for the rest: they must not each wait for it in turn.
            fail(batch, batch[i]->error);
            co_return;
        }
    }

    /// One call of the flight. Settles all tickets, except those of a refused batch of several.
    static awaitable<Carried> carry(std::shared_ptr<Core> core, Tickets batch) {
        std::vector<Item> items;
        items.reserve(batch.size());
        for (auto& ticket : batch) items.push_back(ticket->item);
        try {
            auto outcomes = co_await core->flight(std::move(items));
            ensure(outcomes.size() == batch.size(), "a flight returns one result per item");
            for (std::size_t i = 0; i < batch.size(); ++i) batch[i]->outcome.emplace(std::move(outcomes[i]));
            for (auto& ticket : batch) ticket->bell.cancel();
            co_return Carried::settled;
        } catch (const platform::Unavailable&) {
            fail(batch, std::current_exception());
            co_return Carried::unavailable;
        } catch (...) {  // The edge of a background loop: the submitter gets it, the loop goes on.
            if (batch.size() == 1) fail(batch, std::current_exception());
            co_return Carried::refused;
        }
    }

    static void fail(const Tickets& batch, std::exception_ptr why) {
        for (auto& ticket : batch) {
            if (ticket->settled()) continue;
            ticket->error = why;
            ticket->bell.cancel();
        }
    }

    std::shared_ptr<Core> core_;
};

}  // namespace platform::postgres
