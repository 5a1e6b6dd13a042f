#include "services/order-service/app/config.hpp"

#include <string>
#include <vector>

#include "platform/config/load.hpp"

namespace shop::order {

void Config::check() const {
    std::vector<std::string> wrong;
    const auto positive = [&](std::chrono::milliseconds time, const std::string& name) {
        if (time.count() <= 0) wrong.push_back(name + " must be greater than 0");
    };
    positive(reserve_stock_ms, "SHOP_RESERVE_STOCK_MS");
    positive(take_payment_ms, "SHOP_TAKE_PAYMENT_MS");
    positive(undo_again_ms, "SHOP_UNDO_AGAIN_MS");
    positive(sweep_ms, "SHOP_SWEEP_MS");
    if (undo_again_ms > undo_again_max_ms)
        wrong.emplace_back("SHOP_UNDO_AGAIN_MS must not be greater than SHOP_UNDO_AGAIN_MAX_MS");
    if (!wrong.empty()) throw platform::config::ConfigError(std::move(wrong));
}

}  // namespace shop::order
