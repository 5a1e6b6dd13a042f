#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "platform/base/time.hpp"
#include "shared/app/schemas/inventory_events.hpp"
#include "shared/app/schemas/order_events.hpp"
#include "shared/app/schemas/payment_events.hpp"

/// A saga is a table of steps, walked by pure functions. The walker knows the shape of the table (done,
/// refused, undo, undone) and nothing about stock or money; the table itself is in
/// application/order_saga.cpp.
namespace shop::order {

using platform::Time;

/// Everything a participant can answer.
using SagaReply = std::variant<StockReserved, StockReservationFailed, StockReleased, PaymentProcessed,
                               PaymentFailed, PaymentRefunded>;

/// Everything the order tells the others.
using OrderEvent = std::variant<OrderCreated, OrderConfirmed, OrderCancelled, ReleaseStock, RefundPayment>;

struct Step {
    std::string_view name;
    std::string_view done_on;     // The type of the reply that completes the step,
    std::string_view refused_on;  // that refuses it for good,
    std::string_view undo_type;   // of the command that undoes it,
    std::string_view undone_on;   // and of the answer to that command.
    OrderEvent (*undo)(OrderId);
    std::chrono::milliseconds within;  // From the completion of the step before.
};

template <class Done, class Refused, class Undo, class Undone>
constexpr Step step(std::string_view name, std::chrono::milliseconds within) {
    return {name,       Done::type,   Refused::type,
            Undo::type, Undone::type, [](OrderId id) -> OrderEvent { return Undo{id}; },
            within};
}

struct SagaTable {
    std::vector<Step> steps;
    std::chrono::milliseconds undo_again_after{5'000};       // Doubles with every round,
    std::chrono::milliseconds undo_again_after_max{60'000};  // up to this.
};

/// Where one order stands. Persisted with the order, and only changed by the functions below.
struct Saga {
    OrderStatus status = OrderStatus::pending;
    std::int32_t step = 0;         // Steps completed; the next one is being waited for.
    std::int32_t undos_open = 0;   // Bit k: the undo of step k has not been answered.
    std::int32_t undo_round = 0;   // How often the undos were sent.
    std::optional<Time> deadline;  // When to look again; absent once the status is final.

    bool operator==(const Saga&) const = default;
};

struct Walk {
    Saga saga;
    bool changed = false;
    bool refused = false;            // A participant refused: the caller names the reason.
    bool confirmed = false;          // This walk completed the last step.
    bool cancelled = false;          // This walk ended in cancelled.
    std::vector<std::size_t> undos;  // Steps whose undo is to be sent, in the order of the table.
};

Saga start(const SagaTable& table, Time now);

/// A reply of type `reply` has arrived. The completion of a step implies all earlier ones, because with
/// several replicas a later reply may overtake an earlier one; a reply that says nothing new changes nothing.
Walk advance(const SagaTable& table, const Saga& saga, std::string_view reply, Time now);

/// The order shall not go on, and nobody knows how far it got: every step is undone. Only pending orders can
/// be aborted; others are returned unchanged.
Walk abort(const SagaTable& table, const Saga& saga, Time now);

/// The deadline has passed. Pending: abort. Cancelling: send again the undos that are still open, unless the
/// former copies have not left the outbox yet (`still_unsent`), since copies of copies would only lengthen
/// that queue.
Walk overdue(const SagaTable& table, const Saga& saga, bool still_unsent, Time now);

}  // namespace shop::order
