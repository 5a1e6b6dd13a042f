#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "services/product-service/app/application/ports.hpp"

/// The ports in memory: one catalogue without concurrency, and what was written and told.
namespace shop::product {

struct CountingIds : platform::Ids {
    platform::Uuid next() override {
        platform::Uuid id;
        id.bytes[15] = ++last;
        return id;
    }
    std::uint8_t last = 0;
};

struct MemoryCatalogue : Products, Categories {
    class Transaction : public ProductTransaction {
      public:
        explicit Transaction(MemoryCatalogue& catalogue) : catalogue_{catalogue} {}

        awaitable<Locked> load(ProductId id, std::vector<Sku> skus) override {
            Locked locked;
            const auto found = catalogue_.products.find(id);
            if (found != catalogue_.products.end() && !found->second.deleted) locked.product = found->second;
            for (const auto& sku : skus) locked.offers.emplace(sku, Offer{.sku = sku});
            for (const auto& [sku, offer] : catalogue_.offers)
                if (locked.offers.contains(sku) || offer.product_id == id) locked.offers[sku] = offer;
            co_return locked;
        }

        awaitable<std::expected<void, Refusal>> commit(Changes changes) override {
            if (catalogue_.refuses) co_return std::unexpected(*catalogue_.refuses);
            catalogue_.products[changes.product.id] = changes.product;
            for (auto& offer : changes.offers) catalogue_.offers[offer.sku] = offer;
            for (auto& event : changes.events) catalogue_.told.push_back(std::move(event));
            catalogue_.log.push_back("commit");
            co_return std::expected<void, Refusal>{};
        }

      private:
        MemoryCatalogue& catalogue_;
    };

    awaitable<std::unique_ptr<ProductTransaction>> begin() override {
        co_return std::make_unique<Transaction>(*this);
    }
    awaitable<std::expected<void, Refusal>> add(Category category) override {
        if (refuses) co_return std::unexpected(*refuses);
        categories.push_back(std::move(category));
        co_return std::expected<void, Refusal>{};
    }

    std::map<ProductId, Product> products;
    Offers offers;
    std::vector<Category> categories;
    std::vector<Changes::Event> told;
    std::optional<Refusal> refuses;
    std::vector<std::string> log;  // In which order things happened.
};

struct MemoryCache : DetailsCache {
    explicit MemoryCache(std::vector<std::string>& happened) : log{happened} {}

    awaitable<std::optional<ProductView>> find(ProductId id) override {
        const auto found = kept.find(id);
        co_return found == kept.end() ? std::nullopt : std::optional{found->second};
    }
    awaitable<void> keep(ProductView view) override {
        kept[view.id] = std::move(view);
        co_return;
    }
    awaitable<void> forget(ProductId id) override {
        log.push_back("forget");
        kept.erase(id);
        co_return;
    }

    std::map<ProductId, ProductView> kept;
    std::vector<std::string>& log;
};

/// Knows one published product, and counts how often it was asked.
struct MemoryReader : Reader {
    awaitable<std::vector<CategoryView>> categories(Range<CategoryId>) override {
        co_return std::vector<CategoryView>{};
    }
    awaitable<std::vector<ProductSummary>> products(Range<ProductId>, std::optional<Slug>) override {
        co_return std::vector<ProductSummary>{};
    }
    awaitable<std::optional<ProductView>> published_product(ProductId id) override {
        ++asked;
        co_return view.id == id ? std::optional{view} : std::nullopt;
    }
    awaitable<std::optional<ProductView>> whole_product(ProductId id) override {
        return published_product(id);
    }
    awaitable<std::vector<SkuView>> skus(std::vector<Sku>) override { co_return std::vector<SkuView>{}; }

    ProductView view;
    int asked = 0;
};

}  // namespace shop::product
