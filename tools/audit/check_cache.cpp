#include "tools/audit/audit.hpp"

namespace shop::audit {

namespace {

/// A copy lives for a minute, and it may have been read from the database some seconds before it was kept.
constexpr std::chrono::seconds stale_max{75};

std::string version(const ProductCopy& copy) { return "version " + std::to_string(copy.version); }

/// What is wrong with a copy; nothing when it is the database's, or was so until a minute ago.
std::optional<std::string> wrong_with(const CachedProduct& product, Time now) {
    if (!product.cached) return "the copy cannot be read";
    if (!product.stored) return "a copy of " + version(*product.cached) + ", and there is no such product";
    const auto &cached = *product.cached, &stored = *product.stored;
    if (cached.version > stored.version)
        return "a copy of " + version(cached) + ", the database has " + version(stored);
    if (cached.version == stored.version && !stored.deleted)
        return cached.shown == stored.shown ? std::nullopt
                                            : std::optional("both are " + version(cached) + ", but " +
                                                            cached.shown + " is not " + stored.shown);
    if (stored.updated_at >= now - stale_max) return std::nullopt;
    return "a copy of " + version(cached) + ", the database has " + version(stored) +
           (stored.deleted ? ", deleted," : "") + " since " + platform::rfc3339(stored.updated_at);
}

}  // namespace

void check_cache(const Subject& subject, Checks& checks) {
    Check check{"A17", "a cached product is the database's, or what that was until a minute ago"};
    const auto& cache = subject.books.cache;
    if (!cache) check.not_applicable = "not applicable: SHOP_REDIS_URL names no cache to look into";
    std::int64_t behind = 0;
    for (const auto& product : cache.value_or(std::vector<CachedProduct>{})) {
        if (auto why = wrong_with(product, subject.books.now)) {
            const auto& [key, cached, stored] = product;
            check.found({.subject = key,
                         .detail = std::move(*why),
                         .wrong = cached && stored ? distance(cached->version, stored->version) : 1,
                         .rows = {"redis: " + key,
                                  row("product_db.products", "id", key.substr(key.rfind(':') + 1))}});
        } else if (product.cached->version != product.stored->version) {
            ++behind;
        }
    }
    if (behind > 0)
        check.notices.push_back(std::to_string(behind) + " of " + std::to_string(cache->size()) +
                                " copies are less than a minute behind, as they may be");
    checks.push_back(std::move(check));
}

}  // namespace shop::audit
