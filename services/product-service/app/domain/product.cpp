#include "services/product-service/app/domain/product.hpp"

#include <algorithm>
#include <set>

#include "platform/base/ensure.hpp"

namespace shop::product {
namespace {

using Named = std::map<std::string, std::string>;

std::string pointer_of(std::size_t variant) { return "#/variants/" + std::to_string(variant); }

/// Options without their order, so that {colour, size} and {size, colour} are seen to be the same choice.
Named named_options(const Variant& variant, std::size_t index, platform::contract::Violations& violations) {
    Named named;
    for (std::size_t i = 0; i < variant.options.size(); ++i) {
        const auto& [name, value] = variant.options[i];
        if (!named.emplace(name, value).second)
            violations.push_back({pointer_of(index) + "/options/" + std::to_string(i) + "/name",
                                  "repeats an option of this variant"});
    }
    return named;
}

/// The title stands alone in orders and e-mails, far from the product, so it says which variant it is.
std::string title_of(const std::string& product_title, const std::vector<Option>& options) {
    std::string values;
    for (const auto& option : options) values += (values.empty() ? "" : ", ") + option.value;
    return values.empty() ? product_title : product_title + " (" + values + ")";
}

bool tells_subscribers(const Offer& before, const Offer& after) {
    return before.price != after.price || before.title != after.title || before.status != after.status ||
           before.product_id != after.product_id;
}

ProductChanged event_of(const Offer& offer) {
    return {offer.product_id, offer.sku, offer.version, offer.price, offer.title, offer.status};
}

/// Takes over the new state of one SKU, with the next version if it is news.
void change(Decision& decision, const Offer& before, Offer after) {
    after.version = before.version + (tells_subscribers(before, after) ? 1 : 0);
    if (after == before) return;
    platform::ensure(after.version > 0, "a SKU that is written has been news at least once");
    if (after.version != before.version) decision.events.push_back(event_of(after));
    decision.offers.push_back(std::move(after));
}

Offer withdrawn(Offer offer) {
    offer.status = ProductStatus::deleted;
    return offer;
}

bool on_offer_of(const Offer& offer, const ProductId& product) {
    return offer.product_id == product && offer.status != ProductStatus::deleted;
}

/// The offers that `content` describes, by SKU, with versions still to be given.
Offers wanted(const ProductId& product, Content& content) {
    Offers wanted;
    std::int32_t position = 0;
    for (auto& variant : content.variants) {
        auto title = title_of(content.title, variant.options);
        wanted.emplace(variant.sku, Offer{.sku = variant.sku,
                                          .product_id = product,
                                          .price = variant.price,
                                          .title = std::move(title),
                                          .options = std::move(variant.options),
                                          .status = variant.status,
                                          .position = position++});
    }
    return wanted;
}

}  // namespace

platform::contract::Violations faults(const Content& content) {
    platform::contract::Violations violations;
    std::set<Sku> skus;
    std::set<Named> choices;
    for (std::size_t i = 0; i < content.variants.size(); ++i) {
        const auto& variant = content.variants[i];
        if (!skus.insert(variant.sku).second)
            violations.push_back({pointer_of(i) + "/sku", "repeats the SKU of another variant"});
        if (!choices.insert(named_options(variant, i, violations)).second)
            violations.push_back(
                {pointer_of(i) + "/options", "must differ from those of the other variants"});
    }
    return violations;
}

std::expected<Decision, SkusTaken> describe(Product product, Content content, const Offers& known) {
    SkusTaken taken;
    for (const auto& variant : content.variants) {
        const auto& offer = known.at(variant.sku);
        if (offer.status != ProductStatus::deleted && offer.product_id != product.id)
            taken.skus.push_back(variant.sku);
    }
    if (!taken.skus.empty()) return std::unexpected(std::move(taken));

    Decision decision;
    auto offers = wanted(product.id, content);
    for (const auto& [sku, before] : known) {
        const auto found = offers.find(sku);
        if (found != offers.end())
            change(decision, before, std::move(found->second));
        else if (on_offer_of(before, product.id))
            change(decision, before, withdrawn(before));
    }
    decision.product = product;
    decision.product.slug = std::move(content.slug);
    decision.product.title = std::move(content.title);
    decision.product.description = std::move(content.description);
    decision.product.category_id = content.category_id;
    decision.changed = decision.product != product || !decision.offers.empty();
    if (decision.changed) ++decision.product.version;
    return decision;
}

Decision withdraw(Product product, const Offers& known) {
    platform::ensure(product.version > 0 && !product.deleted,
                     "only what is in the catalogue can be taken out");
    Decision decision{.changed = true, .product = std::move(product), .offers = {}, .events = {}};
    ++decision.product.version;
    decision.product.deleted = true;
    for (const auto& [sku, before] : known)
        if (on_offer_of(before, decision.product.id)) change(decision, before, withdrawn(before));
    return decision;
}

}  // namespace shop::product
