#include "services/inventory-service/app/presentation/routes.hpp"

#include "services/inventory-service/app/application/manage_stock.hpp"
#include "services/inventory-service/app/presentation/problems.hpp"
#include "services/inventory-service/app/presentation/views.hpp"

namespace shop::inventory {

namespace http = platform::http;

namespace {

constexpr std::int64_t limit_default = 50;

StockView view_of(const StockLevel& level) {
    return {level.sku, level.stock.on_hand, level.stock.reserved, level.stock.available()};
}

/// Cuts the one item that was read beyond the limit; it tells that there is a next page.
template <class T, class Cursor>
http::Page<T> page_of(std::vector<T> items, std::int64_t limit, Cursor cursor) {
    http::Page<T> page{std::move(items)};
    if (page.items.size() > static_cast<std::size_t>(limit)) {
        page.items.pop_back();
        page.next = cursor(page.items.back());
    }
    return page;
}

StockRequest request_of(const http::Caller& caller, Sku sku) {
    return {std::move(sku), UserId{caller.user_id()}, caller.idempotency_key, caller.request_sha256};
}

awaitable<Result<StockView>> put_stock(RoutePorts ports, http::Caller caller, http::Path<Sku> sku,
                                       SetStock in) {
    const auto level = co_await set_stock(ports.ports, request_of(caller, sku.value), in.on_hand,
                                          std::move(in.reason.value));
    if (!level) co_return std::unexpected(level.error());
    co_return view_of(*level);
}

awaitable<Result<StockView>> post_adjustment(RoutePorts ports, http::Caller caller, http::Path<Sku> sku,
                                             AdjustStock in) {
    const auto level = co_await adjust_stock(ports.ports, request_of(caller, sku.value), in.delta,
                                             std::move(in.reason.value));
    if (!level) co_return std::unexpected(level.error());
    co_return view_of(*level);
}

awaitable<Result<StockView>> get_stock(RoutePorts ports, http::Path<Sku> sku) {
    auto view = co_await ports.reads->stock(sku.value);
    if (!view) co_return std::unexpected(Refusal::stock_not_found);
    co_return std::move(*view);
}

awaitable<Result<http::Page<StockView>>> get_stocks(RoutePorts ports, http::Query<ListStock> in) {
    const auto limit = in.value.limit ? in.value.limit->value : limit_default;
    auto items = co_await ports.reads->list(in.value.after, limit + 1);
    co_return page_of(std::move(items), limit, [](const StockView& last) { return last.sku.value; });
}

awaitable<Result<http::Page<MovementView>>> get_movements(RoutePorts ports, http::Path<Sku> sku,
                                                          http::Query<ListMovements> in) {
    const auto limit = in.value.limit ? in.value.limit->value : limit_default;
    auto items = co_await ports.reads->movements(sku.value, in.value.after, limit + 1);
    co_return page_of(std::move(items), limit, [](const MovementView& last) { return last.id.text(); });
}

}  // namespace

http::Info api_info() { return {.title = "inventory-service", .version = "1.0.0"}; }

void add_routes(http::Api<RoutePorts>& api) {
    api.get("/inventory", 200, &get_stocks,
            {.access = http::Access::admin, .summary = "Stock of all SKUs", .tag = "inventory"});
    api.get("/inventory/{sku}", 200, &get_stock,
            {.access = http::Access::admin,
             .summary = "Stock of one SKU",
             .problems = {Refusal::stock_not_found},
             .tag = "inventory"});
    api.put("/inventory/{sku}", 200, &put_stock,
            {.access = http::Access::admin,
             .summary =
                 "The shelf was counted: sets the units on hand; creates what the inventory does not know. "
                 "Repeated with the same key, it changes nothing, whatever was sold since",
             .problems = {Refusal::below_reserved, Refusal::idempotency_key_reused},
             .idempotency_key = true,
             .tag = "inventory"});
    api.post("/inventory/{sku}/adjustments", 200, &post_adjustment,
             {.access = http::Access::admin,
              .summary = "Units come in or go out; repeated with the same key, nothing moves twice",
              .problems = {Refusal::below_reserved, Refusal::idempotency_key_reused},
              .idempotency_key = true,
              .tag = "inventory"});
    api.get("/inventory/{sku}/movements", 200, &get_movements,
            {.access = http::Access::admin,
             .summary = "What changed the stock of a SKU, newest first",
             .tag = "inventory"});
}

}  // namespace shop::inventory
