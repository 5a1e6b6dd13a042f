#pragma once

#include <array>
#include <string_view>

namespace shop {

/// Every crash point (platform/base/crash_point.hpp) that a test can name. A point in code that several
/// services or queues share is listed once for each of them. Sorted; compared with the code by
/// tools/shop/tests/test_crash_points.py.
inline constexpr std::array<std::string_view, 52> crash_points{
    "inventory-service.commit_in_flight",
    "inventory-service.migration.in_the_middle",
    "inventory-service.relay.after_confirm_before_mark",
    "inventory-service.relay.before_publish",
    "inventory.orders.after_attempt",
    "inventory.orders.after_commit_before_ack",
    "inventory.orders.after_inbox_mark",
    "inventory.orders.before_attempt",
    "inventory.orders.before_commit",
    "inventory.save.between_state_and_outbox",
    "inventory.stock.after_commit",
    "inventory.stock.before_commit",
    "order-service.commit_in_flight",
    "order-service.migration.in_the_middle",
    "order-service.partitions.before_attach_commit",
    "order-service.partitions.before_drop",
    "order-service.relay.after_confirm_before_mark",
    "order-service.relay.before_publish",
    "order.cancel.after_commit",
    "order.cancel.before_commit",
    "order.catalogue.after_commit_before_ack",
    "order.catalogue.before_commit",
    "order.place.after_commit",
    "order.place.before_commit",
    "order.saga.after_attempt",
    "order.saga.after_commit_before_ack",
    "order.saga.after_inbox_mark",
    "order.saga.before_attempt",
    "order.saga.before_commit",
    "order.save.between_state_and_outbox",
    "order.sweep.after_commit",
    "order.sweep.before_commit",
    "payment-service.commit_in_flight",
    "payment-service.migration.in_the_middle",
    "payment-service.relay.after_confirm_before_mark",
    "payment-service.relay.before_publish",
    "payment.claim.after_commit",
    "payment.claim.before_commit",
    "payment.confirm.after_answer",
    "payment.confirm.before_call",
    "payment.create.after_answer",
    "payment.create.before_call",
    "payment.orders.after_attempt",
    "payment.orders.after_commit_before_ack",
    "payment.orders.after_inbox_mark",
    "payment.orders.before_attempt",
    "payment.orders.before_commit",
    "payment.record.after_commit",
    "payment.record.before_commit",
    "payment.refund.after_answer",
    "payment.refund.before_call",
    "payment.save.between_state_and_ledger",
};

}  // namespace shop
