#include "tools/load/open/visits.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/describe/class.hpp>
#include <map>
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
    std::string payment_method;
};
BOOST_DESCRIBE_STRUCT(Body, (), (lines, payment_method))

VisitBook book(std::uint64_t seed) { return {seed, 200, {"A", "B", "C", "D", "E"}, 1.1, "run"}; }

std::vector<Visit> some(std::uint64_t seed, int count) {
    auto visits = book(seed);
    std::vector<Visit> made;
    for (int i = 0; i < count; ++i) made.push_back(visits.next());
    return made;
}

TEST(VisitBook, the_same_seed_gives_the_same_visits) {
    const auto one = some(7, 200), again = some(7, 200), other = some(8, 200);
    for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_EQ(one[i].body, again[i].body);
        EXPECT_EQ(one[i].wish, again[i].wish);
        EXPECT_EQ(one[i].pause, again[i].pause);
    }
    EXPECT_FALSE(std::ranges::equal(one, other, {}, &Visit::body, &Visit::body));
}

TEST(VisitBook, everybody_has_a_key_of_their_own) {
    std::set<std::string> keys;
    for (const auto& visit : some(1, 500)) keys.insert(visit.key);
    EXPECT_EQ(keys.size(), 500u);
}

TEST(VisitBook, wishes_come_in_their_shares) {
    std::map<Wish, int> counts;
    for (const auto& visit : some(1, 20'000)) ++counts[visit.wish];
    const std::map<Wish, int> percent{
        {Wish::buy, 60},          {Wish::buy_and_cancel, 10},  {Wish::buy_twice, 10}, {Wish::reuse_key, 2},
        {Wish::declined_card, 5}, {Wish::provider_trouble, 5}, {Wish::read, 8}};
    for (const auto& [wish, share] : percent) EXPECT_NEAR(counts[wish] / 200.0, share, 1.0) << name_of(wish);
}

TEST(VisitBook, an_order_has_one_to_three_different_articles_and_a_card_that_fits_the_wish) {
    for (const auto& visit : some(3, 500)) {
        const auto body = platform::contract::from_json<Body>(visit.body).value();
        std::set<std::string> skus;
        for (const auto& line : body.lines) {
            skus.insert(line.sku);
            EXPECT_THAT(line.quantity, testing::AllOf(testing::Ge(1), testing::Le(3)));
        }
        EXPECT_EQ(skus.size(), body.lines.size());
        EXPECT_THAT(body.lines.size(), testing::AllOf(testing::Ge(1u), testing::Le(3u)));
        EXPECT_EQ(body.payment_method.starts_with("pm_card_chargeDeclined"),
                  visit.wish == Wish::declined_card);
        if (visit.wish != Wish::buy_and_cancel) {
            EXPECT_EQ(body.payment_method.starts_with("pm_sim_"), visit.wish == Wish::provider_trouble);
        } else if (visit.pause > std::chrono::milliseconds(20)) {
            EXPECT_EQ(body.payment_method, "pm_sim_slow");
        }
        EXPECT_NE(visit.body, visit.other_body);
    }
}

TEST(VisitBook, half_of_the_copies_are_sent_at_the_same_moment) {
    int copies = 0, at_once = 0;
    for (const auto& visit : some(5, 5'000)) {
        if (visit.wish != Wish::buy_twice) continue;
        ++copies;
        at_once += visit.pause.count() == 0;
    }
    EXPECT_GT(copies, 300);
    EXPECT_NEAR(static_cast<double>(at_once) / copies, 0.5, 0.1);
}

}  // namespace
}  // namespace shop::load
