#include "services/product-service/app/infrastructure/redis_details.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "platform/testing/run.hpp"

namespace shop::product {
namespace {

std::string server() {
    const char* url = std::getenv("SHOP_TEST_REDIS");
    if (url == nullptr) throw std::runtime_error("SHOP_TEST_REDIS must name a Redis to test with");
    return url;
}

struct RedisDetailsTest : testing::Test {
    template <class T>
    T run(awaitable<T> work) {
        return platform::testing::run(io, std::move(work));
    }

    boost::asio::io_context io;
    platform::telemetry::Metrics metrics;
    platform::cache::Redis redis{io, {.url = server(), .timeout = std::chrono::seconds{5}}, metrics};
    platform::RandomIds ids;
    RedisDetails details{redis};
    const ProductView view{
        .id = ProductId{ids.next()},
        .version = 3,
        .slug = "mug",
        .title = "Mug",
        .description = "Holds coffee,\nand tea.",
        .category = {CategoryId{ids.next()}, "mugs", "Mugs", CategoryId{ids.next()}},
        .variants = {{Sku{"MUG-1"}, {1250, {"EUR"}}, {{"Colour", "Blue"}}, ProductStatus::published, 2}},
        .updated_at = platform::Time{std::chrono::microseconds{1'800'000'000'123'456}}};
};

TEST_F(RedisDetailsTest, a_product_comes_back_as_it_was_kept_until_it_is_forgotten) {
    EXPECT_EQ(run(details.find(view.id)), std::nullopt);
    run(details.keep(view));
    EXPECT_EQ(run(details.find(view.id)), view);
    run(details.forget(view.id));
    EXPECT_EQ(run(details.find(view.id)), std::nullopt);
}

TEST_F(RedisDetailsTest, what_cannot_be_read_is_not_there) {
    run(redis.set("product:details:1:" + view.id.text(), "{", std::chrono::seconds{60}));
    EXPECT_EQ(run(details.find(view.id)), std::nullopt);
}

TEST_F(RedisDetailsTest, without_redis_nothing_is_found_and_nothing_fails) {
    run(redis.stop());
    run(details.keep(view));
    EXPECT_EQ(run(details.find(view.id)), std::nullopt);
    run(details.forget(view.id));
}

}  // namespace
}  // namespace shop::product
