#include "services/inventory-service/app/infrastructure/pg_stock_reads.hpp"

namespace shop::inventory {

namespace {

using platform::postgres::Statement;

const Statement<std::optional<StockView>(Sku)> find_stock{"inventory.view", R"sql(
select sku, on_hand, reserved, on_hand - reserved as available from stock where sku = $1)sql"};

const Statement<std::vector<StockView>(std::optional<Sku>, std::int64_t)> list_stock{"inventory.list", R"sql(
select sku, on_hand, reserved, on_hand - reserved as available from stock
where $1::text is null or sku > $1 order by sku limit $2)sql"};

const Statement<std::vector<MovementView>(Sku, std::optional<platform::Uuid>, std::int64_t)> list_movements{
    "inventory.movements", R"sql(
select id, delta, reason, order_id, at from movements
where sku = $1 and ($2::uuid is null or id < $2) order by id desc limit $3)sql"};

}  // namespace

awaitable<std::optional<StockView>> PgStockReads::stock(Sku sku) {
    co_return co_await pool_.run(find_stock, sku);
}

awaitable<std::vector<StockView>> PgStockReads::list(std::optional<Sku> after, std::int64_t limit) {
    co_return co_await pool_.run(list_stock, after, limit);
}

awaitable<std::vector<MovementView>> PgStockReads::movements(Sku sku, std::optional<platform::Uuid> after,
                                                             std::int64_t limit) {
    co_return co_await pool_.run(list_movements, sku, after, limit);
}

}  // namespace shop::inventory
