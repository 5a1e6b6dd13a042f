#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/base/ensure.hpp"
#include "platform/contract/parse.hpp"
#include "platform/contract/read.hpp"
#include "platform/messaging/consumer.hpp"
#include "platform/messaging/inbox.hpp"

namespace platform::messaging {

/// The event types of one queue, how each is decoded and the one handler of them all:
///
///     using Incoming = std::variant<OrderCreated, OrderConfirmed, ReleaseStock>;
///     Subscription<Incoming> orders("inventory.orders", handle_orders);
///     orders.on<OrderCreated>().on<OrderConfirmed>().on<ReleaseStock>();
///     Consumer consumer(io, broker, {}, orders.handlers(inbox, pool), metrics);
///
/// Members that a described struct does not have are ignored: events grow.
template <class Event>
class Subscription {
  public:
    using Decoder = std::function<std::expected<Event, std::string>(const Envelope&)>;

    Subscription(std::string queue, Handler<Event> handler)
        : queue_(std::move(queue)), handler_(std::move(handler)) {}

    /// T is a described struct that names its type in `T::type`, and converts to Event.
    template <class T>
    Subscription& on() {
        return on(std::string(T::type), [](const Envelope& envelope) { return decode<T>(envelope); });
    }

    Subscription& on(std::string type, Decoder decoder) {
        decoders_[std::move(type)] = std::move(decoder);
        return *this;
    }

    Binding binding() const {
        Binding binding{queue_, {}};
        for (const auto& [type, decoder] : decoders_) binding.types.push_back(type);
        return binding;
    }

    /// A copy of the table as it stands; the subscription itself need not outlive the consumer. The inbox,
    /// which must outlive it, counts the attempts at redelivered messages.
    ConsumerHandlers handlers(const Inbox& inbox, postgres::Pool& pool) const {
        ensure(inbox.consumer() == queue_, "a queue and its inbox have one name");
        return handlers([&inbox, &pool](Uuid id) { return inbox.begin_attempt(pool, id); },
                        [&inbox, &pool](Uuid id) { return inbox.forgive_attempt(pool, id); });
    }

    /// The same with another way to count them.
    ConsumerHandlers handlers(std::function<awaitable<int>(Uuid)> begin_attempt,
                              std::function<awaitable<void>(Uuid)> forgive_attempt) const {
        auto table = std::make_shared<const Subscription>(*this);
        return {binding(), [table] { return std::make_unique<Batch>(table); }, std::move(begin_attempt),
                std::move(forgive_attempt)};
    }

  private:
    class Batch final : public DecodedBatch {
      public:
        explicit Batch(std::shared_ptr<const Subscription> table) : table_(std::move(table)) {}

        std::expected<void, Undecodable> add(const Envelope& envelope, bool redelivered) override {
            const auto decoder = table_->decoders_.find(envelope.type);
            if (decoder == table_->decoders_.end())
                return std::unexpected(Undecodable{"unknown_type", "no handler for " + envelope.type});
            std::expected<Event, std::string> event = decoder->second(envelope);
            if (!event) return std::unexpected(Undecodable{"malformed", std::move(event.error())});
            deliveries_.push_back({{envelope.id, std::move(*event), envelope.traceparent}, redelivered});
            return {};
        }

        awaitable<std::vector<Verdict>> deliver(std::shared_ptr<DeliveryPorts> ports,
                                                DeliveryPolicy policy) override {
            return messaging::deliver<Event>(std::move(deliveries_), table_->handler_, std::move(ports),
                                             policy);
        }

      private:
        std::shared_ptr<const Subscription> table_;
        std::vector<Delivery<Event>> deliveries_;
    };

    template <class T>
    static std::expected<Event, std::string> decode(const Envelope& envelope) {
        auto json = contract::parse(envelope.data);
        if (!json) return std::unexpected(std::move(json.error()));
        auto event = contract::read<T>(*json, contract::Unknown::ignore);
        if (!event) return std::unexpected(contract::summary(event.error()));
        return Event(std::move(*event));
    }

    std::string queue_;
    Handler<Event> handler_;
    std::map<std::string, Decoder, std::less<>> decoders_;
};

}  // namespace platform::messaging
