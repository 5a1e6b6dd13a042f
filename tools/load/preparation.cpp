#include "tools/load/preparation.hpp"

#include <algorithm>
#include <boost/describe/class.hpp>
#include <charconv>
#include <set>

#include "platform/base/ids.hpp"
#include "platform/contract/json.hpp"

namespace shop::load {

namespace {

using platform::awaitable;
using platform::Uuid;
using platform::contract::to_json;

constexpr std::int64_t block = 50;  // Variants of a product, and SKUs that can be looked up at once.
constexpr std::string_view category_slug = "bench";
constexpr std::int64_t units_min = 1'000'000;

struct Credentials {
    std::string email;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(Credentials, (), (email, password))

struct Registration {
    std::string email;
    std::string password;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Registration, (), (email, password, name))

struct Token {
    std::string access_token;
    std::int64_t expires_in = 0;
};
BOOST_DESCRIBE_STRUCT(Token, (), (access_token, expires_in))

struct Category {
    Uuid id;
    std::string slug;
};
BOOST_DESCRIBE_STRUCT(Category, (), (id, slug))

struct Categories {
    std::vector<Category> items;
    std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(Categories, (), (items, next))

struct NewCategory {
    std::string slug;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(NewCategory, (), (slug, name))

struct KnownSku {
    std::string sku;
    std::string status;
};
BOOST_DESCRIBE_STRUCT(KnownSku, (), (sku, status))

struct KnownSkus {
    std::vector<KnownSku> items;
};
BOOST_DESCRIBE_STRUCT(KnownSkus, (), (items))

struct Price {
    std::int64_t amount = 0;
    std::string currency;
};
BOOST_DESCRIBE_STRUCT(Price, (), (amount, currency))

struct Option {
    std::string name;
    std::string value;
};
BOOST_DESCRIBE_STRUCT(Option, (), (name, value))

struct NewVariant {
    std::string sku;
    Price price;
    std::vector<Option> options;  // What tells it from the other variants.
};
BOOST_DESCRIBE_STRUCT(NewVariant, (), (sku, price, options))

struct NewProduct {
    std::string slug;
    std::string title;
    Uuid category_id;
    std::vector<NewVariant> variants;
};
BOOST_DESCRIBE_STRUCT(NewProduct, (), (slug, title, category_id, variants))

struct Shelf {
    std::int64_t available = 0;
};
BOOST_DESCRIBE_STRUCT(Shelf, (), (available))

struct Count {
    std::int64_t on_hand = 0;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(Count, (), (on_hand, reason))

struct Delivery {
    std::int64_t delta = 0;
    std::string reason;
};
BOOST_DESCRIBE_STRUCT(Delivery, (), (delta, reason))

awaitable<Token> log_in(ShopApi& api, std::string email, std::string password) {
    co_return co_await api.get<Token>(
        "user", {.method = "POST", .target = "/auth/login", .body = to_json(Credentials{email, password})});
}

awaitable<Uuid> bench_category(ShopApi& api, std::string admin_token) {
    std::string after;
    while (true) {
        const auto page =
            co_await api.get<Categories>("product", {.target = "/categories?limit=500" + after});
        const auto found = std::ranges::find(page.items, category_slug, &Category::slug);
        if (found != page.items.end()) co_return found->id;
        if (!page.next) break;
        after = "&after=" + *page.next;
    }
    const auto made = co_await api.get<Category>("product", {.method = "POST",
                                                             .target = "/categories",
                                                             .token = admin_token,
                                                             .body = to_json(NewCategory{"bench", "Bench"})});
    co_return made.id;
}

std::string sku_of(std::int64_t number) {
    auto digits = std::to_string(number);
    if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
    return "BENCH-" + digits;
}

/// The SKUs of the product with this number, which exists afterwards.
awaitable<std::vector<std::string>> make_product(ShopApi& api, std::string admin_token, Uuid category,
                                                 std::int64_t number) {
    NewProduct product{
        "bench-" + std::to_string(number), "Bench article " + std::to_string(number), category, {}};
    std::vector<std::string> skus;
    std::string list;
    for (std::int64_t i = number * block; i < (number + 1) * block; ++i) {
        skus.push_back(sku_of(i));
        product.variants.push_back({skus.back(), {500 + i % 1000, "EUR"}, {{"Number", std::to_string(i)}}});
        list += (list.empty() ? "" : ",") + skus.back();
    }
    const auto known = co_await api.get<KnownSkus>("product", {.target = "/products/by-sku?skus=" + list});
    const bool all =
        std::ranges::all_of(known.items, [](const KnownSku& sku) { return sku.status == "published"; });
    if (known.items.size() == skus.size() && all) co_return skus;
    if (!known.items.empty())
        throw ShopRefused("some SKUs from " + skus.front() + " to " + skus.back() +
                          " were withdrawn from the catalogue; without them nothing can be measured");
    co_await api.ask("product", {.method = "POST",
                                 .target = "/products",
                                 .token = admin_token,
                                 .body = to_json(product),
                                 .repeatable = false});
    co_return skus;
}

awaitable<void> fill_shelf(ShopApi& api, std::string admin_token, std::string sku, std::int64_t units) {
    const std::string target = "/inventory/" + sku;
    const auto reply = co_await api.ask("inventory", {.target = target, .token = admin_token}, {404});
    if (reply.status == 404) {
        co_await api.ask("inventory", {.method = "PUT",
                                       .target = target,
                                       .token = admin_token,
                                       .body = to_json(Count{units, "stock to measure with"})});
        co_return;
    }
    const auto shelf = platform::contract::from_json<Shelf>(reply.body);
    if (!shelf) throw ShopRefused(target + " was answered with something else: " + shelf.error());
    if (shelf->available >= units) co_return;
    co_await api.ask("inventory",
                     {.method = "POST",
                      .target = target + "/adjustments",
                      .token = admin_token,
                      .body = to_json(Delivery{units - shelf->available, "stock to measure with"})});
}

void keep(Customer& customer, Token token) {
    customer.token = std::move(token.access_token);
    customer.token_until = std::chrono::steady_clock::now() + std::chrono::seconds(token.expires_in);
}

}  // namespace

awaitable<std::vector<Customer>> open_accounts(ShopApi& api, std::int64_t count, std::string run) {
    platform::RandomIds ids;
    std::vector<Customer> customers;
    for (std::int64_t i = 0; i < count; ++i) {
        Customer customer{.email = "bench-" + run + "-" + std::to_string(i) + "@bench.shop.local",
                          .password = ids.next().text() + ids.next().text()};
        const Registration registration{customer.email, customer.password, "Bench"};
        // 409: it was registered by an attempt whose answer was lost.
        co_await api.ask(
            "user", {.method = "POST", .target = "/auth/register", .body = to_json(registration)}, {409});
        keep(customer, co_await log_in(api, customer.email, customer.password));
        customers.push_back(std::move(customer));
    }
    co_return customers;
}

awaitable<void> refresh(ShopApi& api, Customer& customer, std::chrono::seconds needed) {
    if (customer.token_until > std::chrono::steady_clock::now() + needed) co_return;
    keep(customer, co_await log_in(api, customer.email, customer.password));
}

awaitable<std::string> log_in_administrator(ShopApi& api, const Target& target) {
    auto token = co_await log_in(api, *target.admin_email, target.admin_password->reveal());
    co_return std::move(token.access_token);
}

awaitable<std::vector<std::string>> make_articles(ShopApi& api, std::string admin_token, std::int64_t count) {
    const auto category = co_await bench_category(api, admin_token);
    std::vector<std::string> skus;
    for (std::int64_t number = 0; number * block < count; ++number)
        for (auto& sku : co_await make_product(api, admin_token, category, number))
            skus.push_back(std::move(sku));
    skus.resize(static_cast<std::size_t>(count));
    co_return skus;
}

awaitable<void> fill_shelves(ShopApi& api, std::string admin_token, std::vector<std::string> skus,
                             std::int64_t units) {
    for (const auto& sku : skus) co_await fill_shelf(api, admin_token, sku, std::max(units, units_min));
}

awaitable<std::optional<std::int64_t>> gateway_limit(ShopApi& api) {
    const auto reply = co_await api.ask("gateway", {.target = "/products?limit=1"});
    std::int64_t limit = 0;
    const auto read = std::from_chars(reply.limit.data(), reply.limit.data() + reply.limit.size(), limit);
    if (read.ec != std::errc{}) co_return std::nullopt;
    co_return limit;
}

}  // namespace shop::load
