#include "services/inventory-service/app/application/manage_stock.hpp"

namespace shop::inventory {
namespace {

awaitable<Result<StockLevel>> move(Ports ports, Sku sku, std::int64_t value, std::string reason,
                                   std::expected<Movement, Refusal> (*rule)(const Sku&, Stock&, std::int64_t,
                                                                            std::string)) {
    auto transaction = co_await ports.stock->begin();
    auto stock = co_await transaction->load_or_create({sku});
    auto& level = stock.at(sku);
    auto movement = rule(sku, level, value, std::move(reason));
    if (!movement) co_return std::unexpected(movement.error());
    Changes changes;
    changes.stock.emplace(sku, level);
    if (movement->delta != 0) changes.movements.push_back(std::move(*movement));
    co_await transaction->save(std::move(changes));
    co_await transaction->commit();
    co_return StockLevel{sku, level};
}

}  // namespace

awaitable<Result<StockLevel>> set_stock(Ports ports, Sku sku, std::int64_t on_hand, std::string reason) {
    co_return co_await move(ports, std::move(sku), on_hand, std::move(reason), &set_on_hand);
}

awaitable<Result<StockLevel>> adjust_stock(Ports ports, Sku sku, std::int64_t delta, std::string reason) {
    co_return co_await move(ports, std::move(sku), delta, std::move(reason), &adjust);
}

}  // namespace shop::inventory
