#include "tools/audit/read_cache.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/describe/class.hpp>
#include <boost/json.hpp>
#include <map>
#include <set>
#include <stdexcept>

#include "platform/base/errors.hpp"
#include "platform/cache/redis_link.hpp"
#include "platform/cache/redis_url.hpp"

namespace shop::audit {

namespace {

namespace json = boost::json;
using platform::cache::RedisLink;
using platform::cache::RedisReply;
using platform::cache::RedisUrl;
using platform::postgres::Statement;

template <class T>
using Array = std::vector<T>;
using Words = std::vector<std::string>;
using Kind = RedisReply::Kind;

/// As product-service writes them (redis_details.cpp), with the version of their shape.
constexpr std::string_view prefix = "product:details:1:";
constexpr std::chrono::seconds patience{2};

struct ProductRow {
    Uuid id;
    std::int64_t version = 0;
    std::string slug, title, description;
    bool deleted = false;
    Time updated_at;
};
BOOST_DESCRIBE_STRUCT(ProductRow, (), (id, version, slug, title, description, deleted, updated_at))

const Statement<Array<ProductRow>(Array<Uuid>)> products_of{"audit.products", R"sql(
select id, version, slug, title, description, deleted, updated_at from products where id = any($1))sql"};

struct OfferRow {
    Uuid product_id;
    std::string sku;
    std::int64_t price_amount = 0;
    std::string currency;
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(OfferRow, (), (product_id, sku, price_amount, currency, version))

const Statement<Array<OfferRow>(Array<Uuid>)> offers_of{"audit.offers", R"sql(
select product_id, sku, price_amount, currency, version from offers
where product_id = any($1) and status = 'published' order by sku)sql"};

/// What a reader sees, short enough for a report: the long text stands as its hash.
std::string shown(std::string_view slug, std::string_view title, std::string_view description,
                  const std::set<std::string>& variants) {
    std::string text = std::string(slug) + " '" + std::string(title) + "' (text " +
                       std::to_string(std::hash<std::string_view>{}(description)) + ")";
    for (const auto& variant : variants) text += ", " + variant;
    return text;
}

std::string variant(std::string_view sku, std::int64_t amount, std::string_view currency,
                    std::int64_t version) {
    return std::string(sku) + " " + std::to_string(amount) + " " + std::string(currency) + " version " +
           std::to_string(version);
}

/// Nothing when it is not what product-service writes.
std::optional<ProductCopy> copy_of(const std::string& text) {
    try {
        const auto object = json::parse(text).as_object();
        std::set<std::string> variants;
        for (const auto& one : object.at("variants").as_array()) {
            const auto& price = one.at("price");
            variants.insert(variant(one.at("sku").as_string(), price.at("amount").as_int64(),
                                    price.at("currency").as_string(), one.at("version").as_int64()));
        }
        return ProductCopy{.version = object.at("version").as_int64(),
                           .shown = shown(object.at("slug").as_string(), object.at("title").as_string(),
                                          object.at("description").as_string(), variants)};
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

/// One connection that is asked many things at once.
class Redis {
  public:
    explicit Redis(std::string_view text) {
        const auto url = RedisUrl::parse(text);
        boost::asio::ip::tcp::resolver resolver(io_);
        const auto found = resolver.resolve(url.host, std::to_string(url.port));
        link_ = RedisLink::connect(io_, found.begin()->endpoint().address().to_string(), url.port);
        if (!url.password.empty())
            ask({url.user.empty() ? Words{"AUTH", url.password} : Words{"AUTH", url.user, url.password}});
        if (url.database != 0) ask({{"SELECT", std::to_string(url.database)}});
    }
    ~Redis() {
        link_->close();
        io_.restart();
        io_.poll();  // Whoever still waits on the connection hears that it is gone.
    }
    Redis(const Redis&) = delete;
    Redis& operator=(const Redis&) = delete;

    /// The answers, in the order of the questions.
    Array<RedisReply> ask(const Array<Words>& questions) {
        Array<RedisReply> replies(questions.size());
        std::size_t missing = questions.size();
        for (std::size_t i = 0; i < questions.size(); ++i)
            link_->send(questions[i], [&replies, &missing, i](RedisReply reply) {
                replies[i] = std::move(reply);
                --missing;
            });
        const auto until = std::chrono::steady_clock::now() + patience;
        io_.restart();
        while (missing > 0 && io_.run_one_until(until) > 0) {
        }
        if (missing > 0) {
            link_->close();  // Which answers what is left, before the places for it are gone.
            throw platform::Unavailable("the cache does not answer");
        }
        for (const auto& reply : replies) {
            if (reply.kind == Kind::lost) throw platform::Unavailable("the cache closed the connection");
            if (reply.kind == Kind::refusal) throw std::runtime_error("the cache refuses: " + reply.text);
        }
        return replies;
    }

  private:
    boost::asio::io_context io_;
    std::shared_ptr<RedisLink> link_;
};

}  // namespace

std::vector<CachedProduct> read_cache(std::string_view url, std::size_t products_max) {
    Redis redis(url);
    // Chance names the same key twice; with twice as many questions that matters little.
    std::set<std::string> keys;
    for (auto& reply : redis.ask(Array<Words>(2 * products_max, Words{"RANDOMKEY"})))
        if (reply.kind == Kind::text && reply.text.starts_with(prefix) && keys.size() < products_max)
            keys.insert(std::move(reply.text));
    Array<Words> questions;
    for (const auto& key : keys) questions.push_back({"GET", key});
    const auto replies = redis.ask(questions);
    std::vector<CachedProduct> products;
    for (std::size_t i = 0; i < replies.size(); ++i)
        if (replies[i].kind == Kind::text)
            products.push_back({questions[i][1], copy_of(replies[i].text), {}});
    return products;
}

void read_cached_products(Snapshot& product, std::vector<CachedProduct>& products) {
    Array<Uuid> ids;
    for (const auto& one : products)
        if (const auto id = Uuid::parse(one.key.substr(prefix.size()))) ids.push_back(*id);
    std::map<Uuid, std::set<std::string>> variants;
    product.each<OfferRow>(
        offers_of,
        [&](OfferRow row) {
            variants[row.product_id].insert(variant(row.sku, row.price_amount, row.currency, row.version));
        },
        ids);
    std::map<Uuid, ProductCopy> stored;
    product.each<ProductRow>(
        products_of,
        [&](ProductRow row) {
            stored[row.id] = {row.version, shown(row.slug, row.title, row.description, variants[row.id]),
                              row.updated_at, row.deleted};
        },
        ids);
    for (auto& one : products) {
        const auto id = Uuid::parse(one.key.substr(prefix.size()));
        if (const auto found = stored.find(id.value_or(Uuid{})); found != stored.end())
            one.stored = found->second;
    }
}

}  // namespace shop::audit
