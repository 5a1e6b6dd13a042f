#include "services/product-service/app/application/manage_products.hpp"

#include <gtest/gtest.h>

#include "platform/testing/run.hpp"
#include "services/product-service/app/application/read_product.hpp"
#include "services/product-service/tests/fakes.hpp"

namespace shop::product {
namespace {

const auto clothes = *CategoryId::parse("0192f3a4-5b6c-7d8e-9f00-00000000000c");

struct ManageProducts : testing::Test {
    template <class T>
    T run(awaitable<T> work) {
        return platform::testing::run(io, std::move(work));
    }

    static Content content(std::vector<std::string> skus, std::int64_t price = 100) {
        Content out{Slug{"mug"}, "Mug", "Holds coffee.", clothes, {}};
        for (auto& sku : skus)
            out.variants.push_back({Sku{sku}, {price, {"EUR"}}, {{"Colour", sku}}, ProductStatus::published});
        return out;
    }
    ProductId created(std::vector<std::string> skus) {
        return *run(create_product(ports, content(std::move(skus)), "trace-1"));
    }

    boost::asio::io_context io;
    MemoryCatalogue catalogue;
    MemoryCache cache{catalogue.log};
    MemoryReader reader;
    CountingIds ids;
    Ports ports{&catalogue, &catalogue, &reader, &cache, &ids};
};

TEST_F(ManageProducts, a_new_product_is_written_and_told_under_the_callers_trace) {
    const auto id = created({"A", "B"});
    EXPECT_EQ(catalogue.products.at(id).version, 1);
    ASSERT_EQ(catalogue.told.size(), 2u);
    EXPECT_EQ(catalogue.told[1].event.sku, Sku{"B"});
    EXPECT_EQ(catalogue.told[1].traceparent, "trace-1");
    EXPECT_NE(catalogue.told[0].id, catalogue.told[1].id);
}

TEST_F(ManageProducts, contradictory_content_is_refused_with_every_fault) {
    auto wanted = content({"A", "A"});
    const auto outcome = run(create_product(ports, wanted, ""));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().reason, Refusal::content_contradictory);
    EXPECT_EQ(outcome.error().violations.size(), 2u);
    EXPECT_TRUE(catalogue.log.empty());
}

TEST_F(ManageProducts, a_sku_of_another_product_is_named) {
    created({"A", "B"});
    const auto outcome = run(create_product(ports, content({"C", "B"}), ""));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().reason, Refusal::sku_taken);
    EXPECT_EQ(outcome.error().detail, "B");
    ASSERT_EQ(outcome.error().violations.size(), 1u);
    EXPECT_EQ(outcome.error().violations[0].pointer, "#/variants/1/sku");
}

TEST_F(ManageProducts, what_the_database_refuses_points_at_its_member) {
    catalogue.refuses = Refusal::category_unknown;
    auto outcome = run(create_product(ports, content({"A"}), ""));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().violations.at(0).pointer, "#/category_id");
    catalogue.refuses = Refusal::product_slug_taken;
    outcome = run(create_product(ports, content({"A"}), ""));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().reason, Refusal::product_slug_taken);
    EXPECT_EQ(outcome.error().violations.at(0).pointer, "#/slug");
}

TEST_F(ManageProducts, replacing_needs_the_present_version) {
    const auto id = created({"A"});
    for (const auto otherwise : {Refusal::version_outdated, Refusal::precondition_failed}) {
        const auto outcome = run(replace_product(ports, id, {2, otherwise}, content({"A"}, 90), ""));
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().reason, otherwise);
        EXPECT_EQ(outcome.error().detail, "the product is at version 1");
    }
    ASSERT_TRUE(run(replace_product(ports, id, {1, Refusal::version_outdated}, content({"A"}, 90), "")));
    EXPECT_EQ(catalogue.products.at(id).version, 2);
    EXPECT_EQ(catalogue.told.back().event.price.amount, 90);
}

TEST_F(ManageProducts, the_cache_forgets_after_the_commit_and_only_then) {
    const auto id = created({"A"});
    catalogue.log.clear();
    run(replace_product(ports, id, {1, Refusal::version_outdated}, content({"A"}, 90), ""));
    EXPECT_EQ(catalogue.log, (std::vector<std::string>{"commit", "forget"}));
}

TEST_F(ManageProducts, the_same_content_again_writes_and_forgets_nothing) {
    const auto id = created({"A"});
    catalogue.log.clear();
    EXPECT_TRUE(run(replace_product(ports, id, {1, Refusal::version_outdated}, content({"A"}), "")));
    EXPECT_TRUE(catalogue.log.empty());
}

TEST_F(ManageProducts, a_deleted_product_is_gone_for_replacing_and_deleting) {
    const auto id = created({"A"});
    ASSERT_TRUE(run(delete_product(ports, id, "")));
    EXPECT_EQ(catalogue.told.back().event.status, ProductStatus::deleted);
    EXPECT_EQ(catalogue.told.back().event.version, 2);
    EXPECT_EQ(run(delete_product(ports, id, "")).error().reason, Refusal::product_not_found);
    const auto outcome = run(replace_product(ports, id, {2, Refusal::version_outdated}, content({"A"}), ""));
    EXPECT_EQ(outcome.error().reason, Refusal::product_not_found);
}

TEST_F(ManageProducts, categories_name_their_fault) {
    ASSERT_TRUE(run(create_category(ports, Slug{"mugs"}, "Mugs", std::nullopt)));
    catalogue.refuses = Refusal::parent_unknown;
    auto outcome = run(create_category(ports, Slug{"cups"}, "Cups", clothes));
    EXPECT_EQ(outcome.error().violations.at(0).pointer, "#/parent_id");
    catalogue.refuses = Refusal::category_slug_taken;
    outcome = run(create_category(ports, Slug{"mugs"}, "Mugs", std::nullopt));
    EXPECT_EQ(outcome.error().violations.at(0).pointer, "#/slug");
}

TEST_F(ManageProducts, a_product_is_read_from_the_database_once_and_then_from_the_cache) {
    reader.view.id = ProductId{ids.next()};
    reader.view.title = "Mug";
    EXPECT_EQ(run(read_product(ports, reader.view.id))->title, "Mug");
    EXPECT_EQ(run(read_product(ports, reader.view.id))->title, "Mug");
    EXPECT_EQ(reader.asked, 1);
}

TEST_F(ManageProducts, what_does_not_exist_is_not_kept) {
    EXPECT_FALSE(run(read_product(ports, ProductId{ids.next()})));
    EXPECT_TRUE(cache.kept.empty());
}

}  // namespace
}  // namespace shop::product
