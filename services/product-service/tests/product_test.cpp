#include "services/product-service/app/domain/product.hpp"

#include <gtest/gtest.h>

namespace shop::product {
namespace {

const auto shirt = *ProductId::parse("0192f3a4-5b6c-7d8e-9f00-000000000001");
const auto other = *ProductId::parse("0192f3a4-5b6c-7d8e-9f00-000000000002");
const auto clothes = *CategoryId::parse("0192f3a4-5b6c-7d8e-9f00-00000000000c");

Variant variant(std::string sku, std::int64_t price, std::vector<Option> options = {},
                ProductStatus status = ProductStatus::published) {
    return {Sku{std::move(sku)}, {price, {"EUR"}}, std::move(options), status};
}

Content content(std::vector<Variant> variants, std::string title = "Linen shirt") {
    return {Slug{"linen-shirt"}, std::move(title), "Cool in summer.", clothes, std::move(variants)};
}

/// A catalogue of one product, changed step by step the way the store would.
class Shelf {
  public:
    std::vector<ProductChanged> described(Content wanted) {
        for (const auto& one : wanted.variants) known_.try_emplace(one.sku, Offer{.sku = one.sku});
        return took(*describe(product_, std::move(wanted), known_));
    }
    std::vector<ProductChanged> withdrawn() { return took(withdraw(product_, known_)); }

    const Product& product() const { return product_; }
    const Offer& offer(std::string sku) const { return known_.at(Sku{std::move(sku)}); }
    bool changed() const { return changed_; }

  private:
    std::vector<ProductChanged> took(Decision decision) {
        changed_ = decision.changed;
        product_ = decision.product;
        for (const auto& offer : decision.offers) known_[offer.sku] = offer;
        return decision.events;
    }

    Product product_{.id = shirt};
    Offers known_;
    bool changed_ = false;
};

ProductChanged news(std::string sku, std::int64_t version, std::int64_t price, std::string title,
                    ProductStatus status = ProductStatus::published) {
    return {shirt, Sku{std::move(sku)}, version, {price, {"EUR"}}, std::move(title), status};
}

using News = std::vector<ProductChanged>;

TEST(Product, tells_of_every_sku_of_a_new_product) {
    Shelf shelf;
    EXPECT_EQ(shelf.described(content({variant("B", 200, {{"Size", "M"}}), variant("A", 100)})),
              (News{news("A", 1, 100, "Linen shirt"), news("B", 1, 200, "Linen shirt (M)")}));
    EXPECT_EQ(shelf.product().version, 1);
    EXPECT_EQ(shelf.offer("B").position, 0);
    EXPECT_EQ(shelf.offer("A").position, 1);
}

TEST(Product, title_of_a_sku_names_all_its_options) {
    Shelf shelf;
    shelf.described(content({variant("A", 100, {{"Colour", "Blue"}, {"Size", "M"}})}));
    EXPECT_EQ(shelf.offer("A").title, "Linen shirt (Blue, M)");
}

TEST(Product, tells_of_drafts_too) {
    Shelf shelf;
    EXPECT_EQ(shelf.described(content({variant("A", 100, {}, ProductStatus::draft)})),
              (News{news("A", 1, 100, "Linen shirt", ProductStatus::draft)}));
}

TEST(Product, the_same_content_again_changes_and_tells_nothing) {
    Shelf shelf;
    shelf.described(content({variant("A", 100)}));
    EXPECT_TRUE(shelf.described(content({variant("A", 100)})).empty());
    EXPECT_FALSE(shelf.changed());
    EXPECT_EQ(shelf.product().version, 1);
}

TEST(Product, a_new_price_concerns_only_its_sku) {
    Shelf shelf;
    shelf.described(content({variant("A", 100), variant("B", 200, {{"Size", "M"}})}));
    EXPECT_EQ(shelf.described(content({variant("A", 90), variant("B", 200, {{"Size", "M"}})})),
              (News{news("A", 2, 90, "Linen shirt")}));
    EXPECT_EQ(shelf.offer("B").version, 1);
    EXPECT_EQ(shelf.product().version, 2);
}

TEST(Product, a_new_title_concerns_every_sku) {
    Shelf shelf;
    shelf.described(content({variant("A", 100), variant("B", 200, {{"Size", "M"}})}));
    EXPECT_EQ(shelf.described(content({variant("A", 100), variant("B", 200, {{"Size", "M"}})}, "Shirt")),
              (News{news("A", 2, 100, "Shirt"), news("B", 2, 200, "Shirt (M)")}));
}

TEST(Product, a_new_description_or_order_of_variants_is_no_news_of_a_sku) {
    Shelf shelf;
    shelf.described(content({variant("A", 100), variant("B", 200, {{"Size", "M"}})}));
    auto reworded = content({variant("B", 200, {{"Size", "M"}}), variant("A", 100)});
    reworded.description = "Cool in winter as well.";
    EXPECT_TRUE(shelf.described(reworded).empty());
    EXPECT_TRUE(shelf.changed());
    EXPECT_EQ(shelf.product().version, 2);
    EXPECT_EQ(shelf.offer("A").position, 1);
    EXPECT_EQ(shelf.offer("A").version, 1);
}

TEST(Product, a_sku_that_is_left_out_is_withdrawn_with_the_next_version) {
    Shelf shelf;
    shelf.described(content({variant("A", 100), variant("B", 200, {{"Size", "M"}})}));
    EXPECT_EQ(shelf.described(content({variant("A", 100)})),
              (News{news("B", 2, 200, "Linen shirt (M)", ProductStatus::deleted)}));
}

TEST(Product, a_sku_that_comes_back_continues_its_version) {
    Shelf shelf;
    shelf.described(content({variant("A", 100), variant("B", 200, {{"Size", "M"}})}));
    shelf.described(content({variant("A", 100)}));
    EXPECT_EQ(shelf.described(content({variant("A", 100), variant("B", 200, {{"Size", "M"}})})),
              (News{news("B", 3, 200, "Linen shirt (M)")}));
}

TEST(Product, withdrawal_makes_every_sku_on_offer_a_tombstone_once) {
    Shelf shelf;
    shelf.described(content({variant("A", 100), variant("B", 200, {{"Size", "M"}})}));
    shelf.described(content({variant("A", 100)}));
    EXPECT_EQ(shelf.withdrawn(), (News{news("A", 2, 100, "Linen shirt", ProductStatus::deleted)}));
    EXPECT_TRUE(shelf.product().deleted);
    EXPECT_EQ(shelf.product().version, 3);
}

TEST(Product, a_tombstone_of_another_product_may_be_taken_over_and_continues_its_version) {
    const Offer tombstone{.sku = Sku{"A"},
                          .product_id = other,
                          .version = 7,
                          .price = {100, {"EUR"}},
                          .title = "Linen shirt",
                          .options = {},
                          .status = ProductStatus::deleted};
    const auto decision = describe({.id = shirt}, content({variant("A", 100)}), {{Sku{"A"}, tombstone}});
    ASSERT_TRUE(decision);
    EXPECT_EQ(decision->events, (News{news("A", 8, 100, "Linen shirt")}));
}

TEST(Product, names_all_skus_that_are_on_offer_elsewhere) {
    auto on_offer = [](std::string sku, ProductStatus status) {
        return Offer{.sku = Sku{std::move(sku)},
                     .product_id = other,
                     .version = 1,
                     .price = {1, {"EUR"}},
                     .title = "",
                     .options = {},
                     .status = status};
    };
    const Offers known{{Sku{"A"}, on_offer("A", ProductStatus::published)},
                       {Sku{"B"}, on_offer("B", ProductStatus::deleted)},
                       {Sku{"C"}, on_offer("C", ProductStatus::draft)}};
    const auto decision =
        describe({.id = shirt}, content({variant("C", 1), variant("B", 1), variant("A", 1)}), known);
    ASSERT_FALSE(decision);
    EXPECT_EQ(decision.error().skus, (std::vector{Sku{"C"}, Sku{"A"}}));
}

TEST(Content, without_contradictions_has_no_faults) {
    EXPECT_TRUE(
        faults(content({variant("A", 1, {{"Size", "M"}}), variant("B", 1, {{"Size", "L"}})})).empty());
}

TEST(Content, faults_are_all_named_with_their_place) {
    const auto violations = faults(content({variant("A", 1, {{"Size", "M"}, {"Colour", "Red"}}),
                                            variant("A", 1, {{"Colour", "Red"}, {"Size", "M"}}),
                                            variant("B", 1, {{"Size", "M"}, {"Size", "L"}})}));
    ASSERT_EQ(violations.size(), 3u);
    EXPECT_EQ(violations[0].pointer, "#/variants/1/sku");
    EXPECT_EQ(violations[1].pointer, "#/variants/1/options");
    EXPECT_EQ(violations[2].pointer, "#/variants/2/options/1/name");
}

}  // namespace
}  // namespace shop::product
