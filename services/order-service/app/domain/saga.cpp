#include "services/order-service/app/domain/saga.hpp"

#include <algorithm>

#include "platform/base/ensure.hpp"

namespace shop::order {
namespace {

/// Undoes `count` steps from the first; with nothing to undo the saga is over at once.
void undo(const SagaTable& table, Walk& walk, std::size_t count, Time now) {
    walk.changed = true;
    if (count == 0) {
        walk.saga.status = OrderStatus::cancelled;
        walk.saga.deadline.reset();
        walk.cancelled = true;
        return;
    }
    walk.saga.status = OrderStatus::cancelling;
    walk.saga.undos_open = (1 << count) - 1;
    walk.saga.undo_round = 1;
    walk.saga.deadline = now + table.undo_again_after;
    for (std::size_t k = 0; k < count; ++k) walk.undos.push_back(k);
}

void complete(const SagaTable& table, Walk& walk, std::size_t k, Time now) {
    if (static_cast<std::size_t>(walk.saga.step) > k) return;
    walk.changed = true;
    walk.saga.step = static_cast<std::int32_t>(k) + 1;
    if (k + 1 < table.steps.size()) {
        walk.saga.deadline = now + table.steps[k + 1].within;
        return;
    }
    walk.saga.status = OrderStatus::confirmed;
    walk.saga.deadline.reset();
    walk.confirmed = true;
}

void undone(Walk& walk, std::size_t k) {
    const auto bit = 1 << k;
    if ((walk.saga.undos_open & bit) == 0) return;
    walk.changed = true;
    walk.saga.undos_open &= ~bit;
    if (walk.saga.undos_open != 0) return;
    walk.saga.status = OrderStatus::cancelled;
    walk.saga.deadline.reset();
    walk.cancelled = true;
}

std::chrono::milliseconds undo_pause(const SagaTable& table, std::int32_t round) {
    const auto doubled = table.undo_again_after * (1 << std::min(round, 10));
    return std::min(doubled, table.undo_again_after_max);
}

}  // namespace

Saga start(const SagaTable& table, Time now) {
    platform::ensure(!table.steps.empty() && table.steps.size() < 31, "a saga has 1 to 30 steps");
    return Saga{.deadline = now + table.steps.front().within};
}

Walk advance(const SagaTable& table, const Saga& saga, std::string_view reply, Time now) {
    Walk walk{.saga = saga};
    for (std::size_t k = 0; k < table.steps.size(); ++k) {
        const auto& step = table.steps[k];
        if (reply == step.done_on && saga.status == OrderStatus::pending) {
            complete(table, walk, k, now);
        } else if (reply == step.refused_on && saga.status == OrderStatus::pending) {
            // A step that was completed cannot be refused any more: a participant that says both has a bug,
            // and to undo what it said it did would hide that. The deadline decides.
            if (static_cast<std::size_t>(saga.step) > k) continue;
            walk.refused = true;
            undo(table, walk, k, now);
        } else if (reply == step.undone_on && saga.status == OrderStatus::cancelling) {
            undone(walk, k);
        }
    }
    return walk;
}

Walk abort(const SagaTable& table, const Saga& saga, Time now) {
    Walk walk{.saga = saga};
    if (saga.status == OrderStatus::pending) undo(table, walk, table.steps.size(), now);
    return walk;
}

Walk overdue(const SagaTable& table, const Saga& saga, bool still_unsent, Time now) {
    if (!saga.deadline || *saga.deadline > now) return Walk{.saga = saga};
    if (saga.status == OrderStatus::pending) return abort(table, saga, now);
    Walk walk{.saga = saga, .changed = true};
    if (still_unsent) {
        walk.saga.deadline = now + table.undo_again_after;
        return walk;
    }
    walk.saga.deadline = now + undo_pause(table, saga.undo_round);
    ++walk.saga.undo_round;
    for (std::size_t k = 0; k < table.steps.size(); ++k)
        if ((saga.undos_open & (1 << k)) != 0) walk.undos.push_back(k);
    return walk;
}

}  // namespace shop::order
