#include "services/product-service/app/infrastructure/pg_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/product-service/app/application/manage_products.hpp"
#include "services/product-service/tests/product_database.hpp"

namespace shop::product {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

struct PgReaderTest : testing::Test, Storage {
    ProductId created(Content wanted) { return *run(create_product(ports, std::move(wanted), "")); }
    CategoryId sub_category(std::string slug, CategoryId parent) {
        return run(create_category(ports, Slug{std::move(slug)}, "Below", parent))->id;
    }
    std::vector<std::string> listed(std::optional<Slug> of = {}, std::optional<ProductId> after = {},
                                    std::int64_t limit = 10) {
        std::vector<std::string> slugs;
        for (const auto& one : run(reader.products({after, limit}, std::move(of)))) slugs.push_back(one.slug);
        return slugs;
    }
};

TEST_F(PgReaderTest, a_product_is_read_as_it_was_written) {
    const auto id = created(content("mug", {"B", "A"}));
    const auto view = run(reader.published_product(id));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->id, id);
    EXPECT_EQ(view->version, 1);
    EXPECT_EQ(view->slug, "mug");
    EXPECT_EQ(view->title, "Mug");
    EXPECT_EQ(view->description, "Holds coffee.");
    EXPECT_EQ(view->category, (CategoryView{category, "all", "Everything", std::nullopt}));
    EXPECT_THAT(
        view->variants,
        ElementsAre(VariantView{Sku{"B"}, {100, {"EUR"}}, {{"Colour", "B"}}, ProductStatus::published, 1},
                    VariantView{Sku{"A"}, {100, {"EUR"}}, {{"Colour", "A"}}, ProductStatus::published, 1}));
}

TEST_F(PgReaderTest, drafts_are_for_administrators) {
    auto wanted = content("mug", {"A", "B"});
    wanted.variants[0].status = ProductStatus::draft;
    const auto id = created(wanted);
    EXPECT_THAT(run(reader.published_product(id))->variants, ElementsAre(Field(&VariantView::sku, Sku{"B"})));
    EXPECT_EQ(run(reader.whole_product(id))->variants.size(), 2u);
    EXPECT_EQ(run(reader.products({{}, 10}, {})).at(0).variants.size(), 1u);
}

TEST_F(PgReaderTest, a_product_of_drafts_is_not_there_for_the_public) {
    const auto id = created(content("mug", {"A"}, 100, ProductStatus::draft));
    EXPECT_FALSE(run(reader.published_product(id)));
    EXPECT_THAT(listed(), IsEmpty());
    EXPECT_TRUE(run(reader.whole_product(id)));
}

TEST_F(PgReaderTest, a_deleted_product_is_gone_and_its_skus_are_not_for_sale) {
    const auto id = created(content("mug", {"A"}));
    ASSERT_TRUE(run(delete_product(ports, id, "")));
    EXPECT_FALSE(run(reader.whole_product(id)));
    EXPECT_THAT(listed(), IsEmpty());
    EXPECT_THAT(run(reader.skus({Sku{"A"}})), IsEmpty());
}

TEST_F(PgReaderTest, unknown_skus_are_left_out) {
    const auto id = created(content("mug", {"A"}));
    EXPECT_THAT(run(reader.skus({Sku{"B"}, Sku{"A"}})),
                ElementsAre(SkuView{Sku{"A"}, id, 1, {100, {"EUR"}}, "Mug (A)", ProductStatus::published}));
}

TEST_F(PgReaderTest, pages_follow_each_other_in_the_order_of_creation) {
    std::vector<ProductId> made;
    for (const auto* slug : {"c", "a", "b"})
        made.push_back(created(content(slug, {std::string("SKU-") + slug})));
    EXPECT_THAT(listed({}, {}, 2), ElementsAre("c", "a"));
    EXPECT_THAT(listed({}, made[1], 2), ElementsAre("b"));
    EXPECT_THAT(listed({}, made[2], 2), IsEmpty());
}

TEST_F(PgReaderTest, a_category_stands_for_its_whole_subtree_by_slug_or_id) {
    const auto kitchen = sub_category("kitchen", category), mugs = sub_category("mugs", kitchen);
    const auto garden = sub_category("garden", category);
    for (const auto& [slug, where] :
         {std::pair{"mug", mugs}, std::pair{"pan", kitchen}, std::pair{"rake", garden}}) {
        auto wanted = content(slug, {slug});
        wanted.category_id = where;
        created(wanted);
    }
    EXPECT_THAT(listed(Slug{"all"}), ElementsAre("mug", "pan", "rake"));
    EXPECT_THAT(listed(Slug{"kitchen"}), ElementsAre("mug", "pan"));
    EXPECT_THAT(listed(Slug{mugs.text()}), ElementsAre("mug"));
    EXPECT_THAT(listed(Slug{"nothing"}), IsEmpty());
}

TEST_F(PgReaderTest, parents_come_before_their_children) {
    const auto kitchen = sub_category("kitchen", category), mugs = sub_category("mugs", kitchen);
    EXPECT_THAT(run(reader.categories({{}, 2})),
                ElementsAre(Field(&CategoryView::id, category), Field(&CategoryView::id, kitchen)));
    EXPECT_THAT(run(reader.categories({kitchen, 2})),
                ElementsAre(CategoryView{mugs, "mugs", "Below", kitchen}));
}

}  // namespace
}  // namespace shop::product
