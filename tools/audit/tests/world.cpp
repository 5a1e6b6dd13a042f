#include "tools/audit/tests/world.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "platform/base/ids.hpp"
#include "platform/messaging/schema.hpp"
#include "platform/postgres/migrate.hpp"
#include "tools/audit/read_clients.hpp"
#include "tools/audit/read_provider.hpp"
#include "tools/payment-provider/effect.hpp"

std::span<const platform::postgres::Migration> order_parts_migrations();
std::span<const platform::postgres::Migration> inventory_parts_migrations();
std::span<const platform::postgres::Migration> payment_parts_migrations();
std::span<const platform::postgres::Migration> product_parts_migrations();

namespace shop::audit {

namespace {

using platform::testing::Database;
using namespace std::chrono;

/// made_id(kind, k) is the same UUIDv7 in every database, made_at() the time it carries; story lists the
/// orders and how they end.
constexpr std::string_view story = R"sql(
create function made_id(kind int, k int) returns uuid language sql stable as $$
    select (time || to_hex(28672 + kind) || '8000' || lpad(to_hex(k), 12, '0'))::uuid from wanted $$;
create function made_at() returns timestamptz language sql stable as $$
    select to_timestamp(('x' || lpad(time, 16, '0'))::bit(64)::bigint / 1000.0) from wanted $$;
create table story as
    select k, made_id(0, k) as id, (array['confirmed', 'refunded', 'refused'])[k % 3 + 1] as ending
    from generate_series(0, (select orders from wanted) - 1) as k;
create procedure sent(event text, kind int, endings text[]) language sql as $$
    insert into outbox (id, type, subject, data, traceparent, sent_at)
    select made_id(kind, k), event, id, '{}', '', now() from story where ending = any(endings) $$;
create procedure handled(queue text, kind int, endings text[]) language sql as $$
    insert into inbox (consumer, message_id, message_time)
    select queue, made_id(kind, k), made_at() from story where ending = any(endings) $$;
)sql";

constexpr std::string_view order_rows = R"sql(
delete from orders; delete from order_history; delete from idempotency_keys; delete from catalogue;
delete from outbox; delete from inbox;
insert into catalogue (sku, product_id, version, price_amount, currency, title, status, updated_at)
select sku, made_id(7, 0), 1, price, 'EUR', sku, 'published', now() - interval '1 hour'
from (values ('MUG', 250), ('TEA', 20)) as article(sku, price);
insert into orders (id, user_id, status, step, undos_open, undo_round, version, cancel_reason, lines,
    total_amount, currency, shipping_address, payment_method)
select id, made_id(1, k), case ending when 'confirmed' then ending else 'cancelled' end, 0, 0, 0,
    case ending when 'confirmed' then 3 when 'refunded' then 5 else 2 end,
    case ending when 'refunded' then 'timed_out' when 'refused' then 'out_of_stock' end,
    '[{"sku": "MUG", "quantity": 2, "unit_price": {"amount": 250, "currency": "EUR"}},
      {"sku": "TEA", "quantity": 1, "unit_price": {"amount": 20, "currency": "EUR"}},
      {"sku": "TEA", "quantity": 4, "unit_price": {"amount": 20, "currency": "EUR"}}]',
    600, 'EUR', '1 Main St', 'pm_card_visa'
from story;
insert into order_history (order_id, version, changed, event, from_status, to_status, detail)
select id, version, changed, 'Something', from_status, to_status, '' from story join (values
    ('confirmed', 1, true, 'pending', 'pending'), ('confirmed', 2, true, 'pending', 'pending'),
    ('confirmed', 3, true, 'pending', 'confirmed'), ('confirmed', 3, false, 'confirmed', 'confirmed'),
    ('refunded', 1, true, 'pending', 'pending'), ('refunded', 2, true, 'pending', 'pending'),
    ('refunded', 3, true, 'pending', 'cancelling'), ('refunded', 4, true, 'cancelling', 'cancelling'),
    ('refunded', 5, true, 'cancelling', 'cancelled'),
    ('refused', 1, true, 'pending', 'pending'), ('refused', 2, true, 'pending', 'cancelled'))
    as step(ending, version, changed, from_status, to_status) using (ending);
insert into idempotency_keys (user_id, key, request_sha256, order_id, created_at)
select made_id(1, k), 'key-' || k, 'sha', id, made_at() from story;
call sent('OrderCreated', 16, '{confirmed,refunded,refused}');
call sent('OrderConfirmed', 17, '{confirmed}');
call sent('OrderCancelled', 18, '{refunded,refused}');
call sent('ReleaseStock', 19, '{refunded}');
call sent('RefundPayment', 20, '{refunded}');
call handled('order.saga', 32, '{confirmed,refunded}');
call handled('order.saga', 33, '{refused}');
call handled('order.saga', 34, '{refunded}');
call handled('order.saga', 48, '{confirmed,refunded}');
call handled('order.saga', 49, '{refunded}');
)sql";

constexpr std::string_view inventory_rows = R"sql(
delete from reservations; delete from movements; delete from stock; delete from outbox; delete from inbox;
alter table stock drop constraint if exists stock_not_oversold;
alter table stock add constraint stock_not_oversold check (0 <= reserved and reserved <= on_hand);
insert into reservations (order_id, status, lines)
select id, (case ending when 'confirmed' then 'committed' when 'refunded' then 'released' else ending end),
    case ending when 'refused' then '[]'
                else '[{"sku": "MUG", "quantity": 2}, {"sku": "TEA", "quantity": 5}]' end::jsonb
from story;
insert into movements (id, sku, delta, reason) values
    (made_id(2, 1), 'MUG', 1000000, 'counted'), (made_id(2, 2), 'TEA', 3000000, 'counted');
insert into movements (id, sku, delta, reason, order_id)
select made_id(kind, k), sku, delta, 'sale', id
from story, (values (3, 'MUG', -2), (4, 'TEA', -5)) as line(kind, sku, delta) where ending = 'confirmed';
insert into stock (sku, on_hand) select sku, sum(delta) from movements group by sku;
call handled('inventory.orders', 16, '{confirmed,refunded,refused}');
call handled('inventory.orders', 17, '{confirmed}');
call handled('inventory.orders', 19, '{refunded}');
call sent('StockReserved', 32, '{confirmed,refunded}');
call sent('StockReservationFailed', 33, '{refused}');
call sent('StockReleased', 34, '{refunded}');
)sql";

constexpr std::string_view payment_rows = R"sql(
delete from payments; delete from ledger; delete from outbox; delete from inbox;
insert into payments (order_id, status, amount, currency, provider_id, refund_id)
select id, case ending when 'confirmed' then 'charged' else 'refunded' end, 600, 'EUR', 'pi_' || k,
    case ending when 'refunded' then 're_' || k else '' end
from story where ending <> 'refused';
insert into ledger (transaction_id, order_id, account, amount, currency)
select made_id(kind, k), id, account, amount, 'EUR' from story join (values
    ('confirmed', 5, 'provider_balance', 600), ('confirmed', 5, 'sales', -600),
    ('refunded', 5, 'provider_balance', 600), ('refunded', 5, 'sales', -600),
    ('refunded', 6, 'provider_balance', -600), ('refunded', 6, 'sales', 600))
    as entry(ending, kind, account, amount) using (ending);
call handled('payment.orders', 32, '{confirmed,refunded}');
call handled('payment.orders', 20, '{refunded}');
call sent('PaymentProcessed', 48, '{confirmed,refunded}');
call sent('PaymentRefunded', 49, '{refunded}');
)sql";

constexpr std::string_view product_rows = R"sql(
delete from offers; delete from products; delete from categories;
insert into categories (id, slug, name) values (made_id(8, 0), 'kitchen', 'Kitchen');
insert into products (id, version, slug, title, description, category_id, updated_at)
values (made_id(7, 0), 2, 'mug', 'A mug', 'Holds tea.', made_id(8, 0), now() - interval '1 hour');
insert into offers (sku, product_id, version, price_amount, currency, title, options, status, position)
values ('MUG', made_id(7, 0), 2, 250, 'EUR', 'A mug', '[]', 'published', 0);
)sql";

std::string unique_name() { return "shop-audit-" + platform::RandomIds().next().text() + ".jsonl"; }

void prepare(Database& database, std::span<const platform::postgres::Migration> migrations) {
    platform::postgres::migrate(database.url(), platform_messaging_migrations());
    platform::postgres::migrate(database.url(), migrations);
}

std::string hexadecimal(std::int64_t number) {
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%012llx", static_cast<unsigned long long>(number));
    return digits.data();
}

}  // namespace

World::World(int orders)
    : orders_(orders),
      milliseconds_(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()),
      log_(std::filesystem::temp_directory_path() / unique_name()),
      clients_(std::filesystem::temp_directory_path() / unique_name()) {
    prepare(order, order_parts_migrations());
    prepare(inventory, inventory_parts_migrations());
    prepare(payment, payment_parts_migrations());
    prepare(product, product_parts_migrations());
    prepare(user, {});
    const auto wanted = "create table wanted as select '" + hexadecimal(milliseconds_) + "' as time, " +
                        std::to_string(orders_) + " as orders";
    for (auto* database : {&order, &inventory, &payment, &product}) {
        database->execute("set synchronous_commit = off");  // Nothing here has to outlive a crash.
        database->execute(wanted);
        database->execute(story);
    }
    fill();
}

void World::fill() {
    order.execute(order_rows);
    inventory.execute(inventory_rows);
    payment.execute(payment_rows);
    product.execute(product_rows);
    write_log();
    write_clients();
}

World::~World() {
    std::error_code ignored;  // The file is in the directory for temporary ones.
    std::filesystem::remove(log_, ignored);
    std::filesystem::remove(clients_, ignored);
}

DatabaseUrls World::urls() const {
    return {user.url(), product.url(), order.url(), inventory.url(), payment.url()};
}

Books World::read() const {
    Books books;
    books.clients = read_clients(clients_.string());
    read_databases(urls(), books);
    books.provider = read_provider_log(log_.string(), books.names);
    return books;
}

std::string World::id(int kind, int k) const {
    const auto time = hexadecimal(milliseconds_);
    return time.substr(0, 8) + "-" + time.substr(8) + "-" + hexadecimal(0x7000 + kind).substr(8) + "-8000-" +
           hexadecimal(k);
}

void World::write_clients() const {
    std::ofstream file(clients_);
    const auto at = platform::rfc3339(platform::Time(milliseconds(milliseconds_)));
    const auto write = [&](int operation, int k, std::string_view kind, std::string_view phase,
                           std::string_view outcome) {
        file << R"({"at":")" << at << R"(","op":)" << operation << R"(,"kind":")" << kind << R"(","phase":")"
             << phase << R"(","user":")" << id(1, k) << R"(","key":"key-)" << k
             << (kind == "cancel" ? "-cancel" : "") << '"';
        if (!outcome.empty())
            file << R"(,"order":")" << id(0, k) << R"(","status":202,"outcome":")" << outcome << '"';
        file << "}\n";
    };
    for (int k = 0; k < orders_; ++k) {
        write(2 * k, k, "place", "invoke", "");
        write(2 * k, k, "place", "ok", k % 3 == 0 ? "confirmed" : "pending");
        if (k % 3 != 1) continue;
        write(2 * k + 1, k, "cancel", "invoke", "");
        write(2 * k + 1, k, "cancel", "ok", "cancelling");
    }
}

void World::write_log() const {
    std::ofstream file(log_);
    provider::Effect effect{.currency = "eur"};
    const auto write = [&](provider::Event event, int k) {
        ++effect.sequence;
        effect.event = event;
        effect.time = platform::Time(milliseconds(milliseconds_));
        effect.order_id = id(0, k);
        effect.payment_intent = "pi_" + std::to_string(k);
        effect.amount = 600;
        effect.refund = event == provider::Event::refunded ? "re_" + std::to_string(k) : "";
        file << provider::to_line(effect);
    };
    for (int k = 0; k < orders_; ++k) {
        if (k % 3 == 2) continue;
        write(provider::Event::created, k);
        write(provider::Event::charged, k);
        if (k % 3 == 1) write(provider::Event::refunded, k);
    }
}

}  // namespace shop::audit
