#include "services/inventory-service/app/application/manage_stock.hpp"

#include "platform/base/crash_point.hpp"

namespace shop::inventory {
namespace {

bool same_request(const LockedShelf::Earlier& earlier, const StockRequest& request) {
    return earlier.sku == request.sku && earlier.request_sha256 == request.request_sha256;
}

awaitable<Result<StockLevel>> move(Ports ports, StockRequest request, std::int64_t value, std::string reason,
                                   std::expected<Movement, Refusal> (*rule)(const Sku&, Stock&, std::int64_t,
                                                                            std::string)) {
    auto transaction = co_await ports.stock->begin();
    auto shelf = co_await transaction->load_or_create(request);
    if (shelf.earlier && !same_request(*shelf.earlier, request))
        co_return std::unexpected(Refusal::idempotency_key_reused);
    const auto sku = request.sku;
    if (shelf.earlier) co_return StockLevel{sku, shelf.stock};
    auto movement = rule(sku, shelf.stock, value, std::move(reason));
    if (!movement) co_return std::unexpected(movement.error());
    Changes changes;
    changes.stock.emplace(sku, shelf.stock);
    if (movement->delta != 0) changes.movements.push_back(std::move(*movement));
    changes.request = std::move(request);
    co_await transaction->save(std::move(changes));
    CRASH_POINT("inventory.stock.before_commit");
    co_await transaction->commit();
    CRASH_POINT("inventory.stock.after_commit");
    co_return StockLevel{sku, shelf.stock};
}

}  // namespace

awaitable<Result<StockLevel>> set_stock(Ports ports, StockRequest request, std::int64_t on_hand,
                                        std::string reason) {
    co_return co_await move(ports, std::move(request), on_hand, std::move(reason), &set_on_hand);
}

awaitable<Result<StockLevel>> adjust_stock(Ports ports, StockRequest request, std::int64_t delta,
                                           std::string reason) {
    co_return co_await move(ports, std::move(request), delta, std::move(reason), &adjust);
}

}  // namespace shop::inventory
