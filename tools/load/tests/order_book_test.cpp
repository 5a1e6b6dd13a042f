#include "tools/load/order_book.hpp"

#include <gmock/gmock.h>

#include <boost/describe/class.hpp>

#include <set>

#include "platform/contract/json.hpp"

namespace shop::load {
namespace {

struct Line {
    std::string sku;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(Line, (), (sku, quantity))

struct Body {
    std::vector<Line> lines;
    std::string shipping_address;
    std::string payment_method;
};
BOOST_DESCRIBE_STRUCT(Body, (), (lines, shipping_address, payment_method))

const std::vector<std::string> skus{"A", "B", "C", "D"};

OrderBook book(std::uint64_t seed, std::string run, std::int64_t lines_min = 1, std::int64_t lines_max = 3) {
    return {{.lines_min = lines_min, .lines_max = lines_max}, 100, seed, skus, std::move(run)};
}

std::vector<OrderBook::Order> all_of(OrderBook book) {
    std::vector<OrderBook::Order> orders;
    while (!book.empty()) book.take(orders.emplace_back());
    return orders;
}

TEST(OrderBook, has_as_many_orders_as_were_asked_for_each_under_its_own_key) {
    const auto orders = all_of(book(1, "run"));
    std::set<std::string> keys;
    for (const auto& order : orders) keys.insert(order.key);
    EXPECT_EQ(orders.size(), 100u);
    EXPECT_EQ(keys.size(), 100u);
    EXPECT_EQ(orders.front().key, "run-1");
}

TEST(OrderBook, repeats_the_orders_of_a_seed_under_other_keys) {
    const auto one = all_of(book(7, "one")), two = all_of(book(7, "two")), other = all_of(book(8, "one"));
    bool differs = false;
    for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_EQ(one[i].body, two[i].body);
        EXPECT_NE(one[i].key, two[i].key);
        differs = differs || one[i].body != other[i].body;
    }
    EXPECT_TRUE(differs);
}

TEST(OrderBook, writes_orders_with_different_articles_in_their_lines) {
    std::set<std::size_t> sizes;
    for (const auto& order : all_of(book(3, "run"))) {
        const auto body =
            platform::contract::from_json<Body>(order.body, platform::contract::Unknown::refuse);
        ASSERT_TRUE(body) << body.error();
        std::set<std::string> named;
        for (const auto& line : body->lines) {
            named.insert(line.sku);
            EXPECT_THAT(skus, testing::Contains(line.sku));
            EXPECT_THAT(line.quantity, testing::AllOf(testing::Ge(1), testing::Le(3)));
        }
        EXPECT_EQ(named.size(), body->lines.size());
        EXPECT_EQ(body->payment_method, "pm_card_visa");
        sizes.insert(body->lines.size());
    }
    EXPECT_THAT(sizes, testing::ElementsAre(1, 2, 3));
}

TEST(OrderBook, can_name_every_article_in_one_order) { EXPECT_EQ(all_of(book(1, "run", 4, 4)).size(), 100u); }

}  // namespace
}  // namespace shop::load
