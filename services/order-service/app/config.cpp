#include "services/order-service/app/config.hpp"

#include "platform/config/load.hpp"

namespace shop::order {

void Config::check() const {
    if (undo_again_ms > undo_again_max_ms)
        throw platform::config::ConfigError(
            {"SHOP_UNDO_AGAIN_MS must not be greater than SHOP_UNDO_AGAIN_MAX_MS"});
}

}  // namespace shop::order
