#include "services/product-service/app/infrastructure/pg_products.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/postgres/check.hpp"
#include "services/product-service/app/application/manage_products.hpp"
#include "services/product-service/tests/product_database.hpp"

namespace shop::product {
namespace {

using testing::ElementsAre;
using Row = std::vector<std::string>;

struct PgProductsTest : testing::Test, Storage {
    ProductId created(std::string slug, std::vector<std::string> skus) {
        return *run(create_product(ports, content(std::move(slug), std::move(skus)), "00-trace"));
    }
    Result<ProductId> replaced(ProductId id, std::int64_t version, Content wanted) {
        return run(
            replace_product(ports, id, {version, Refusal::version_outdated}, std::move(wanted), "00-trace"));
    }
    /// SKU, version and status of what is to be published, oldest first; published means taken here.
    std::vector<Row> told() {
        auto rows = database.execute(
            "select subject, data::jsonb ->> 'version', data::jsonb ->> 'status' from outbox "
            "order by id");
        database.execute("delete from outbox");
        return rows;
    }
    Row offer(std::string sku) {
        return database.execute("select version, price_amount, status from offers where sku = '" + sku + "'")
            .at(0);
    }
};

TEST_F(PgProductsTest, statements_fit_the_schema) {
    EXPECT_THAT(platform::postgres::check_statements(database.url(), {"product.", "messaging."}),
                testing::IsEmpty());
}

TEST_F(PgProductsTest, the_event_of_every_sku_commits_with_the_product) {
    const auto id = created("mug", {"A", "B"});
    EXPECT_EQ(commits, 1);
    const std::string data = R"json({"product_id":")json" + id.text() +
                             R"json(","sku":"A","version":1,"price":{"amount":100,"currency":"EUR"},)json"
                             R"json("title":"Mug (A)","status":"published"})json";
    EXPECT_THAT(database.execute("select type, subject, data, traceparent from outbox order by id"),
                ElementsAre(Row{"ProductChanged", "A", data, "00-trace"}, testing::Contains("B")));
}

TEST_F(PgProductsTest, only_skus_that_changed_are_told) {
    const auto id = created("mug", {"A", "B"});
    told();
    auto wanted = content("mug", {"A", "B"});
    wanted.variants[1].price.amount = 90;
    ASSERT_TRUE(replaced(id, 1, wanted));
    EXPECT_THAT(told(), ElementsAre(Row{"B", "2", "published"}));
    EXPECT_EQ(offer("B"), (Row{"2", "90", "published"}));
    EXPECT_EQ(offer("A"), (Row{"1", "100", "published"}));
}

TEST_F(PgProductsTest, a_change_that_concerns_no_sku_tells_nobody) {
    const auto id = created("mug", {"A"});
    told();
    auto wanted = content("mug", {"A"});
    wanted.description = "Holds tea as well.";
    ASSERT_TRUE(replaced(id, 1, wanted));
    EXPECT_TRUE(told().empty());
    EXPECT_EQ(commits, 1);
    EXPECT_EQ(database.value("select version from products"), "2");
}

TEST_F(PgProductsTest, a_sku_that_is_left_out_becomes_a_tombstone_and_continues_its_version_later) {
    const auto id = created("mug", {"A", "B"});
    told();
    ASSERT_TRUE(replaced(id, 1, content("mug", {"A"})));
    EXPECT_THAT(told(), ElementsAre(Row{"B", "2", "deleted"}));
    ASSERT_TRUE(replaced(id, 2, content("mug", {"A", "B"})));
    EXPECT_THAT(told(), ElementsAre(Row{"B", "3", "published"}));
}

TEST_F(PgProductsTest, deletion_leaves_tombstones_and_gives_slug_and_skus_back) {
    const auto id = created("mug", {"A", "B"});
    told();
    ASSERT_TRUE(run(delete_product(ports, id, "00-trace")));
    EXPECT_THAT(told(), ElementsAre(Row{"A", "2", "deleted"}, Row{"B", "2", "deleted"}));
    EXPECT_EQ(run(delete_product(ports, id, "")).error().reason, Refusal::product_not_found);
    created("mug", {"A"});
    EXPECT_THAT(told(), ElementsAre(Row{"A", "3", "published"}));
    EXPECT_EQ(offer("B"), (Row{"2", "100", "deleted"}));
}

TEST_F(PgProductsTest, a_refused_product_leaves_nothing_behind) {
    created("mug", {"A"});
    told();
    EXPECT_EQ(run(create_product(ports, content("cup", {"B", "A"}), "")).error().reason, Refusal::sku_taken);
    EXPECT_EQ(run(create_product(ports, content("mug", {"C"}), "")).error().reason,
              Refusal::product_slug_taken);
    auto nowhere = content("jug", {"D"});
    nowhere.category_id = CategoryId{ids.next()};
    EXPECT_EQ(run(create_product(ports, nowhere, "")).error().reason, Refusal::category_unknown);
    EXPECT_TRUE(told().empty());
    EXPECT_EQ(database.value("select count(*) from offers"), "1");
    EXPECT_EQ(database.value("select count(*) from products"), "1");
}

TEST_F(PgProductsTest, a_slug_can_be_changed_but_not_to_that_of_another_product) {
    const auto mug = created("mug", {"A"});
    created("cup", {"B"});
    EXPECT_EQ(replaced(mug, 1, content("cup", {"A"})).error().reason, Refusal::product_slug_taken);
    EXPECT_TRUE(replaced(mug, 1, content("beaker", {"A"})));
}

TEST_F(PgProductsTest, replacing_an_outdated_version_is_refused) {
    const auto id = created("mug", {"A"});
    ASSERT_TRUE(replaced(id, 1, content("mug", {"A"}, 90)));
    EXPECT_EQ(replaced(id, 1, content("mug", {"A"}, 80)).error().reason, Refusal::version_outdated);
    EXPECT_EQ(replaced(ProductId{ids.next()}, 1, content("new", {"Z"})).error().reason,
              Refusal::product_not_found);
    EXPECT_EQ(offer("A"), (Row{"2", "90", "published"}));
}

TEST_F(PgProductsTest, of_products_that_come_at_once_with_one_new_sku_one_gets_it) {
    constexpr int rivals = 4;
    int won = 0, lost = 0;
    for (int i = 0; i < rivals; ++i) {
        auto work =
            create_product(ports, content("mug-" + std::to_string(i), {"A", "B" + std::to_string(i)}), "");
        boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, Result<ProductId> outcome) {
            ASSERT_FALSE(error);
            ++(outcome ? won : lost);
            if (!outcome) EXPECT_EQ(outcome.error().detail, "A");
        });
    }
    platform::testing::run_until(io, [&] { return won + lost == rivals; });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(database.value("select count(*) from offers"), "2");
}

TEST_F(PgProductsTest, of_replacements_that_come_at_once_one_wins_and_the_others_are_told) {
    const auto id = created("mug", {"A"});
    told();
    int won = 0, outdated = 0;
    for (int i = 0; i < 4; ++i) {
        auto work =
            replace_product(ports, id, {1, Refusal::version_outdated}, content("mug", {"A"}, 50 + i), "");
        boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, Result<ProductId> outcome) {
            ASSERT_FALSE(error);
            ++(outcome ? won : outdated);
        });
    }
    platform::testing::run_until(io, [&] { return won + outdated == 4; });
    EXPECT_EQ(won, 1);
    EXPECT_THAT(told(), ElementsAre(Row{"A", "2", "published"}));
}

TEST_F(PgProductsTest, categories_have_one_slug_each_and_a_parent_that_exists) {
    const auto mugs = run(create_category(ports, Slug{"mugs"}, "Mugs", category));
    ASSERT_TRUE(mugs);
    EXPECT_EQ(run(create_category(ports, Slug{"mugs"}, "Mugs", {})).error().reason,
              Refusal::category_slug_taken);
    const CategoryId nowhere{ids.next()};
    EXPECT_EQ(run(create_category(ports, Slug{"cups"}, "Cups", nowhere)).error().reason,
              Refusal::parent_unknown);
}

TEST_F(PgProductsTest, the_schema_takes_no_price_out_of_bounds) {
    for (const std::int64_t price : {std::int64_t{0}, price_max + 1})
        EXPECT_THROW(run(create_product(ports, content("mug", {"A"}, price), "")), platform::postgres::Error)
            << price;
}

}  // namespace
}  // namespace shop::product
