#include <fstream>

#include "tools/audit/tests/whole_world.hpp"
#include "tools/payment-provider/effect.hpp"

namespace shop::audit {

namespace {

using Make = std::function<void(WholeWorld&)>;

// The world has six orders: 0 and 3 are confirmed, 1 and 4 refunded, 2 and 5 refused for want of stock.

Make order_sql(const char* sql) {
    return [sql](WholeWorld& whole) { whole.world.order.execute(sql); };
}
Make inventory_sql(const char* sql) {
    return [sql](WholeWorld& whole) { whole.world.inventory.execute(sql); };
}
Make payment_sql(const char* sql) {
    return [sql](WholeWorld& whole) { whole.world.payment.execute(sql); };
}
Make product_sql(const char* sql) {
    return [sql](WholeWorld& whole) { whole.world.product.execute(sql); };
}
Make log_edit(const char* from, const char* to) {
    return [from, to](WholeWorld& whole) { edit(whole.world.log(), from, to); };
}
/// `from` and `to` are texts of the history after their "op":N.
Make clients_edit(int operation, const char* phase, const char* from, const char* to) {
    return [=](WholeWorld& whole) {
        std::ifstream in(whole.world.clients());
        std::string text;
        for (std::string line; std::getline(in, line); text += line + "\n") {
            const bool meant = line.find("\"op\":" + std::to_string(operation) + ",") != line.npos &&
                               line.find("\"" + std::string(phase) + "\"") != line.npos;
            if (meant) line.replace(line.find(from), std::string_view(from).size(), to);
        }
        in.close();
        std::ofstream(whole.world.clients()) << text;
    };
}
/// The provider's log with one more line.
Make log_line(provider::Event event, int order, const char* intent, std::int64_t amount) {
    return [=](WholeWorld& whole) {
        provider::Effect effect{.sequence = 17, .event = event, .currency = "eur"};
        effect.time =
            std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
        effect.order_id = whole.world.id(0, order);
        effect.payment_intent = intent;
        effect.amount = amount;
        std::ofstream(whole.world.log(), std::ios::app) << provider::to_line(effect);
    };
}
Make both(Make one, Make other) {
    return [one, other](WholeWorld& whole) {
        one(whole);
        other(whole);
    };
}

const char* const a_copied_order =
    "insert into orders select made_id(0, 99), user_id, status, step, undos_open, undo_round, deadline, "
    "version, "
    "cancel_reason, cancel_detail, lines, total_amount, currency, shipping_address, payment_method from "
    "orders "
    "where id = made_id(0, 2);"
    "insert into order_history select made_id(0, 99), version, changed, event, from_status, to_status, "
    "detail "
    "from order_history where order_id = made_id(0, 2);";

void an_order_under_a_key_nobody_used(WholeWorld& whole) {
    whole.world.order.execute(std::string(a_copied_order) +
                              "insert into idempotency_keys (user_id, key, request_sha256, order_id) "
                              "select user_id, 'unknown', 'sha', id from orders where id = made_id(0, 99)");
}

/// The log with each line as `change` makes it, or without it where that says false; numbered anew.
void rewrite_log(WholeWorld& whole, const std::function<bool(provider::Effect&)>& change) {
    std::ifstream in(whole.world.log());
    std::string text;
    std::int64_t sequence = 0;
    for (std::string line; std::getline(in, line);) {
        auto effect = provider::from_line(line);
        if (!change(effect)) continue;
        effect.sequence = ++sequence;
        text += provider::to_line(effect);
    }
    in.close();
    std::ofstream(whole.world.log()) << text;
}

/// Neither books nor provider know a payment any more.
void a_free_order(WholeWorld& whole) {
    whole.world.payment.execute(
        "delete from payments where order_id = made_id(0, 0);"
        "delete from ledger where order_id = made_id(0, 0)");
    rewrite_log(whole,
                [id = whole.world.id(0, 0)](provider::Effect& effect) { return effect.order_id != id; });
}

void another_amount_charged(WholeWorld& whole) {
    rewrite_log(whole, [id = whole.world.id(0, 0)](provider::Effect& effect) {
        if (effect.event == provider::Event::charged && effect.order_id == id) effect.amount = 700;
        return true;
    });
}

const Corruption table[] = {
    {"an_order_left_pending", "A1",
     order_sql(
         "update orders set status = 'pending', deadline = now(), cancel_reason = null where id = "
         "made_id(0, 2); update order_history set to_status = 'pending' where order_id = made_id(0, 2)")},
    {"an_order_left_cancelling", "A1",
     order_sql(
         "update orders set status = 'cancelling', deadline = now() where id = made_id(0, 1);"
         "update order_history set to_status = 'cancelling' where order_id = made_id(0, 1) and version = 5")},
    {"a_payment_left_charging", "A1",
     payment_sql("insert into payments (order_id, status, amount, currency, next_attempt) "
                 "values (made_id(0, 2), 'charging', 600, 'EUR', now())")},
    {"an_orders_status_set_back", "A1 A2 A10 A13",
     order_sql("update orders set status = 'pending', deadline = now() where id = made_id(0, 0)"),
     "it is open, its reservation has left the shelf, its history ended elsewhere, its buyer was told"},
    {"stock_still_held_by_a_cancelled_order", "A2",
     inventory_sql("update reservations set status = 'held' where order_id = made_id(0, 1);"
                   "update stock set reserved = case sku when 'MUG' then 2 else 5 end")},
    {"a_lost_reservation", "A2 A7", inventory_sql("delete from reservations where order_id = made_id(0, 0)"),
     "the order lacks it, and nothing explains what left the shelf"},
    {"another_quantity_reserved", "A3",
     inventory_sql("update reservations set lines = '[{\"sku\": \"MUG\", \"quantity\": 1}]' "
                   "where order_id = made_id(0, 1)")},
    {"unreadable_lines_of_a_reservation", "A3",
     inventory_sql("update reservations set lines = '[7]' where order_id = made_id(0, 1)")},
    {"a_confirmed_order_that_nobody_paid", "A4", a_free_order},
    {"another_currency_charged", "A4 A5",
     payment_sql("update payments set currency = 'USD' where order_id = made_id(0, 0)"),
     "neither the order nor the provider says dollars"},
    {"a_refund_that_never_was", "A4 A5 A6",
     payment_sql("update payments set status = 'charged' where order_id = made_id(0, 1)"),
     "the order is cancelled, and ledger and provider have the refund"},
    {"a_payment_of_another_amount", "A4 A5 A6",
     payment_sql("update payments set amount = 599 where order_id = made_id(0, 0)"),
     "order, provider and ledger have another one"},
    {"another_amount_in_the_providers_log", "A5", another_amount_charged},
    {"a_second_charge_in_the_providers_log", "A5", log_line(provider::Event::charged, 0, "pi_0b", 600)},
    {"a_charge_of_an_unknown_order", "A5", log_line(provider::Event::charged, 77, "pi_77", 600)},
    {"a_line_missing_in_the_providers_log", "A5",
     [](WholeWorld& whole) {
         std::ifstream in(whole.world.log());
         std::string first, rest(std::istreambuf_iterator<char>(in), {});
         in.close();
         std::ofstream(whole.world.log()) << rest.substr(rest.find('\n') + 1);
     }},
    {"a_damaged_line_in_the_providers_log", "A5", log_edit("{\"sequence\":1,", "{\"sequence\":one,")},
    {"another_refund_at_the_provider", "A5",
     payment_sql("update payments set refund_id = 're_x' where order_id = made_id(0, 1)")},
    {"half_a_transaction", "A6",
     payment_sql("delete from ledger where account = 'sales' and order_id = made_id(0, 0)")},
    {"a_transaction_booked_twice", "A6",
     payment_sql("insert into ledger select made_id(9, k), order_id, account, amount, currency, now() "
                 "from ledger join story on id = order_id where k = 0")},
    {"stock_out_of_nowhere", "A7", inventory_sql("update stock set on_hand = on_hand + 1 where sku = 'MUG'")},
    {"units_reserved_for_nobody", "A7", inventory_sql("update stock set reserved = 1 where sku = 'TEA'")},
    {"a_lost_sale", "A7",
     inventory_sql("delete from movements where sku = 'MUG' and order_id = made_id(0, 0)")},
    {"negative_stock", "A7",
     inventory_sql(
         "alter table stock drop constraint stock_not_oversold; update stock set on_hand = -5 where "
         "sku = 'MUG'; update movements set delta = -1 where order_id is null and sku = 'MUG'")},
    {"an_unsent_event", "A8",
     order_sql("update outbox set sent_at = null where type = 'OrderCancelled' and subject = "
               "made_id(0, 1)::text")},
    {"an_event_that_was_not_handled", "A9",
     payment_sql("delete from inbox where message_id = made_id(32, 0)")},
    {"an_event_handled_twice", "A9",
     payment_sql("insert into inbox (consumer, message_id, message_time) select consumer, message_id, "
                 "message_time - interval '1 millisecond' from inbox where message_id = made_id(32, 0)")},
    {"a_message_that_nobody_sent", "A9", order_sql("delete from outbox where id = made_id(16, 0)")},
    {"a_message_handled_by_somebody_else", "A9",
     payment_sql("insert into inbox (consumer, message_id, message_time) "
                 "values ('payment.orders', made_id(16, 0), made_at())")},
    {"a_gap_in_a_history", "A10",
     order_sql("delete from order_history where version = 2 and order_id = made_id(0, 0)")},
    {"a_forbidden_transition", "A10",
     order_sql(
         "update order_history set to_status = 'confirmed' where version = 3 and order_id = made_id(0, 1);"
         "update order_history set from_status = 'confirmed' where version = 4 and order_id = "
         "made_id(0, 1)")},
    {"a_transition_after_the_end", "A10",
     order_sql("update orders set version = 3 where id = made_id(0, 2); insert into order_history (order_id, "
               "version, changed, event, from_status, to_status, detail) values (made_id(0, 2), 3, true, "
               "'Something', 'cancelled', 'cancelled', '')")},
    {"a_wrong_total", "A11", order_sql("update orders set total_amount = 601 where id = made_id(0, 2)")},
    {"a_price_of_the_buyers_choice", "A11",
     order_sql("update orders set total_amount = 1, lines = '[{\"sku\": \"MUG\", \"quantity\": 1, "
               "\"unit_price\": {\"amount\": 1, \"currency\": \"EUR\"}}]' where id = made_id(0, 2)")},
    {"unreadable_lines_of_an_order", "A3 A11",
     order_sql("update orders set lines = '{}' where id = made_id(0, 1)"),
     "neither total nor reservation can be compared with them"},
    {"a_second_key_of_one_order", "A12 A13",
     order_sql("insert into idempotency_keys (user_id, key, request_sha256, order_id, created_at) "
               "select user_id, 'another', 'sha', id, made_at() from orders where id = made_id(0, 0)"),
     "no client used that key"},
    {"a_stolen_key", "A12 A13",
     order_sql("update idempotency_keys set user_id = made_id(1, 99) where order_id = made_id(0, 0)"),
     "its owner used it, and does not have it"},
    {"a_lost_order", "A13",
     both(order_sql("delete from orders where id = made_id(0, 2); delete from order_history where order_id = "
                    "made_id(0, 2); delete from idempotency_keys where order_id = made_id(0, 2)"),
          inventory_sql("delete from reservations where order_id = made_id(0, 2)"))},
    {"an_order_under_a_key_nobody_used", "A13", an_order_under_a_key_nobody_used},
    {"a_second_order_of_one_operation", "A13", order_sql(a_copied_order)},
    {"a_client_told_of_two_orders", "A13",
     [](WholeWorld& whole) {
         std::ofstream(whole.world.clients(), std::ios::app)
             << R"({"at":"2026-11-22T18:00:00.000Z","op":0,"kind":"place","phase":"ok","user":")"
             << whole.world.id(1, 0) << R"(","key":"key-0","order":")" << whole.world.id(0, 98) << "\"}\n";
     }},
    {"another_outcome_told", "A13", clients_edit(0, "ok", "confirmed", "cancelled")},
    {"an_order_stored_although_refused", "A13", clients_edit(4, "ok", "\"ok\"", "\"fail\"")},
    {"a_reservation_of_no_order", "A14",
     inventory_sql("insert into reservations (order_id, status) values (made_id(0, 77), 'refused')")},
    {"a_payment_of_no_order", "A14",
     payment_sql("insert into payments (order_id, status) values (made_id(0, 77), 'voided')")},
    {"a_quantity_out_of_range", "A15",
     order_sql("update orders set total_amount = 25000, lines = '[{\"sku\": \"MUG\", \"quantity\": 100, "
               "\"unit_price\": {\"amount\": 250, \"currency\": \"EUR\"}}]' where id = made_id(0, 2)")},
    {"more_refunded_than_charged", "A5 A15", log_line(provider::Event::refunded, 1, "pi_1", 1),
     "we know of less, and there was not so much"},
    {"a_negative_payment", "A15",
     payment_sql("insert into payments (order_id, status, amount, currency) "
                 "values (made_id(0, 2), 'declined', -1, 'EUR')")},
    {"a_dead_letter", "A16", [](WholeWorld& whole) { whole.leave_message("order.saga.dead"); }},
    {"a_message_left_in_a_queue", "A16", [](WholeWorld& whole) { whole.leave_message("payment.orders"); }},
    {"a_missing_queue", "A16", [](WholeWorld& whole) { whole.delete_queue("order.catalogue"); }},
    {"a_cached_price_of_its_own", "A17",
     [](WholeWorld& whole) {
         auto text = whole.product_copy();
         whole.cache(whole.world.id(7, 0), text.replace(text.find("250"), 3, "249"));
     }},
    {"a_copy_newer_than_the_database", "A17",
     product_sql("update products set version = 1 where id = made_id(7, 0)")},
    {"a_copy_of_what_was_deleted_long_ago", "A17",
     product_sql("update products set deleted = true, version = 3 where id = made_id(7, 0)")},
    {"another_owner", "A12 A18",
     order_sql("update orders set user_id = made_id(1, 99) where id = made_id(0, 0)"),
     "the key is its buyer's, the order is not"},
    {"another_owner_of_an_order_without_a_key", "A18",
     both(order_sql("delete from idempotency_keys where order_id = made_id(0, 0);"
                    "update orders set user_id = made_id(1, 99) where id = made_id(0, 0)"),
          both(clients_edit(0, "invoke", "key-0", ""), clients_edit(0, "ok", "key-0", "")))},
};

}  // namespace

std::span<const Corruption> corruptions() { return table; }

}  // namespace shop::audit
