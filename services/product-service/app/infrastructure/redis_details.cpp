#include "services/product-service/app/infrastructure/redis_details.hpp"

#include "platform/contract/read.hpp"
#include "platform/contract/write.hpp"

namespace shop::product {
namespace {

// How long a reader may see what was true before, where forgetting failed or came between a read and a keep.
constexpr std::chrono::seconds lifetime{60};

// With the version of the shape, so that replicas of two releases do not read each other's.
std::string key_of(const ProductId& id) { return "product:details:1:" + id.text(); }

}  // namespace

awaitable<std::optional<ProductView>> RedisDetails::find(ProductId id) {
    const auto text = co_await redis_.get(key_of(id));
    if (!text) co_return std::nullopt;
    auto view = platform::contract::from_json<ProductView>(*text);
    if (!view) co_return std::nullopt;
    co_return std::move(*view);
}

awaitable<void> RedisDetails::keep(ProductView view) {
    co_await redis_.set(key_of(view.id), platform::contract::to_json(view), lifetime);
}

awaitable<void> RedisDetails::forget(ProductId id) { co_await redis_.forget(key_of(id)); }

}  // namespace shop::product
