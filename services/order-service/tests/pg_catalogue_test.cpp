#include "services/order-service/app/infrastructure/pg_catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/contract/write.hpp"
#include "platform/http/server.hpp"
#include "services/order-service/tests/order_storage.hpp"

namespace shop::order {
namespace {

namespace http = platform::http;
using testing::ElementsAre;
using testing::IsEmpty;
using Row = std::vector<std::string>;

/// What product-service says, over a real socket.
struct ProductService {
    explicit ProductService(boost::asio::io_context& context) : io(context) { server.start(); }
    ~ProductService() {
        platform::testing::run(io, server.drain(std::chrono::steady_clock::now() + std::chrono::seconds{1}));
    }
    awaitable<http::Response> answer(http::Request request) {
        asked.push_back(request.path + "?" + request.query);
        traces.push_back(request.trace.id_text());
        co_return http::Response{.status = status, .body = body};
    }
    void knows(const std::vector<ProductChanged>& products) {
        body = R"({"items":)" + platform::contract::to_json(products) + "}";
    }

    boost::asio::io_context& io;
    platform::telemetry::Metrics metrics;
    std::vector<std::string> asked, traces;
    int status = 200;
    std::string body = R"({"items":[]})";
    http::Server server{io,
                        {.host = "127.0.0.1"},
                        [this](http::Request request) { return answer(std::move(request)); },
                        metrics};
};

struct PgCatalogueTest : testing::Test, Storage {
    ProductChanged product(std::string sku, std::int64_t version, std::int64_t price = 100,
                           ProductStatus status = ProductStatus::published) {
        return {product_id, Sku{std::move(sku)}, version, {price, {"EUR"}}, "A thing", status};
    }
    void apply(std::vector<ProductChanged> changes) {
        std::vector<CatalogueMessage> batch;
        for (auto& change : changes) batch.push_back({ids.next(), std::move(change), ""});
        run(catalogue.apply(std::move(batch)));
    }
    Basket basket(std::vector<std::string> skus) {
        Basket basket{{}, "1 Main Street", "pm_card_visa"};
        for (auto& sku : skus) basket.lines.push_back({Sku{std::move(sku)}, 2});
        return basket;
    }
    auto price(std::vector<std::string> skus) { return run(catalogue.price(basket(std::move(skus)), "")); }
    Refusal refusal(std::vector<std::string> skus) {
        const auto priced = price(std::move(skus));
        EXPECT_FALSE(priced);
        return priced.error().reason;
    }
    std::vector<Row> copy() {
        return database.execute("select sku, version, price_amount, status from catalogue order by sku");
    }

    const ProductId product_id{ids.next()};
    ProductService products{io};
    http::Client client{io, {.base_url = "http://127.0.0.1:" + std::to_string(products.server.port())}};
    platform::messaging::Inbox inbox{"order.catalogue", replica.metrics};
    PgCatalogue catalogue{io, replica.pool, inbox, client, {}};
};

TEST_F(PgCatalogueTest, an_older_version_never_wins) {
    apply({product("MUG", 2, 200), product("MUG", 1, 100), product("PEN", 1, 10)});
    apply({product("MUG", 1, 100), product("PEN", 2, 20)});
    apply({product("MUG", 2, 999)});
    EXPECT_THAT(copy(), ElementsAre(Row{"MUG", "2", "200", "published"}, Row{"PEN", "2", "20", "published"}));
}

TEST_F(PgCatalogueTest, a_tombstone_stays_until_a_greater_version_comes) {
    apply({product("MUG", 1)});
    apply({product("MUG", 3, 100, ProductStatus::deleted)});
    apply({product("MUG", 2, 90)});
    EXPECT_THAT(copy(), ElementsAre(Row{"MUG", "3", "100", "deleted"}));
    EXPECT_EQ(refusal({"MUG"}), Refusal::product_unknown);
    EXPECT_THAT(products.asked, IsEmpty());
    apply({product("MUG", 4, 80)});
    EXPECT_EQ(price({"MUG"})->lines.at(0).unit_price.amount, 80);
}

TEST_F(PgCatalogueTest, a_message_may_come_again) {
    const CatalogueMessage message{ids.next(), product("MUG", 1), ""};
    run(catalogue.apply({message, message}));
    run(catalogue.apply({message}));
    EXPECT_EQ(copy().size(), 1u);
    EXPECT_EQ(database.value("select count(*) from inbox where consumer = 'order.catalogue'"), "1");
}

TEST_F(PgCatalogueTest, every_line_gets_its_price_in_the_order_of_the_basket) {
    apply({product("A", 1, 1), product("B", 1, 2)});
    const auto priced = price({"B", "A", "B"});
    ASSERT_TRUE(priced);
    const auto line = [](std::string sku, std::int64_t amount) {
        return OrderLine{Sku{std::move(sku)}, 2, {amount, {"EUR"}}};
    };
    EXPECT_THAT(priced->lines, ElementsAre(line("B", 2), line("A", 1), line("B", 2)));
    EXPECT_EQ(priced->shipping_address, "1 Main Street");
    EXPECT_EQ(priced->payment_method, "pm_card_visa");
    EXPECT_THAT(products.asked, IsEmpty());
}

TEST_F(PgCatalogueTest, baskets_that_come_at_once_each_get_their_own_prices) {
    apply({product("A", 1, 1), product("B", 1, 2)});
    std::vector<awaitable<std::expected<PricedBasket, http::Refused<Refusal>>>> work;
    work.push_back(catalogue.price(basket({"A"}), ""));
    work.push_back(catalogue.price(basket({"B", "A"}), ""));
    const auto priced = platform::testing::together(io, std::move(work));
    EXPECT_EQ(priced[0]->lines.size(), 1u);
    EXPECT_EQ(priced[1]->lines.size(), 2u);
}

TEST_F(PgCatalogueTest, what_the_copy_does_not_have_is_asked_for_in_one_call_and_kept) {
    apply({product("A", 1, 1)});
    products.knows({product("B", 5, 2), product("C", 1, 3)});
    EXPECT_EQ(price({"A", "C", "B"})->lines.size(), 3u);
    EXPECT_THAT(products.asked, ElementsAre("/api/v1/products/by-sku?skus=B,C"));
    EXPECT_TRUE(price({"B", "C"}));
    EXPECT_EQ(products.asked.size(), 1u);
    apply({product("B", 4, 999)});
    EXPECT_EQ(price({"B"})->lines.at(0).unit_price.amount, 2);
}

TEST_F(PgCatalogueTest, product_service_is_asked_in_the_trace_of_the_request) {
    const auto trace = platform::telemetry::Trace::start();
    run(catalogue.price(basket({"MUG"}), trace.header()));
    EXPECT_THAT(products.traces, ElementsAre(trace.id_text()));
}

TEST_F(PgCatalogueTest, skus_that_are_not_on_sale_are_all_named) {
    products.knows({product("DRAFT", 1, 1, ProductStatus::draft)});
    apply({product("A", 1)});
    const auto refused = price({"NONE", "A", "DRAFT"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, Refusal::product_unknown);
    ASSERT_EQ(refused.error().violations.size(), 2u);
    EXPECT_EQ(refused.error().violations[0].pointer, "#/lines/0/sku");
    EXPECT_EQ(refused.error().violations[1].pointer, "#/lines/2/sku");
}

TEST_F(PgCatalogueTest, a_sku_that_nobody_knows_is_not_asked_for_again_at_once) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(refusal({"NONE"}), Refusal::product_unknown);
    EXPECT_EQ(products.asked.size(), 1u);
    apply({product("NONE", 1)});
    EXPECT_TRUE(price({"NONE"}));
}

TEST_F(PgCatalogueTest, an_unknown_sku_is_asked_for_again_when_its_moment_has_passed) {
    PgCatalogue forgetful{io,     replica.pool, inbox,
                          client, {},           {.unknown_for = std::chrono::milliseconds{-1}}};
    for (int i = 0; i < 2; ++i) EXPECT_FALSE(run(forgetful.price(basket({"NONE"}), "")));
    EXPECT_EQ(products.asked.size(), 2u);
}

TEST_F(PgCatalogueTest, product_service_being_in_trouble_is_not_the_buyers_fault) {
    products.status = 503;
    EXPECT_EQ(refusal({"MUG"}), Refusal::catalogue_unavailable);
    products.status = 200;
    for (const auto* bad : {"", "no", "{}", R"({"items":[{"sku":"MUG"}]})", R"({"items":7})"}) {
        products.body = bad;
        EXPECT_EQ(refusal({"MUG"}), Refusal::catalogue_unavailable) << bad;
    }
    EXPECT_THAT(copy(), IsEmpty());
    products.knows({product("MUG", 1)});
    EXPECT_TRUE(price({"MUG"}));
}

TEST_F(PgCatalogueTest, with_product_service_gone_known_skus_are_still_sold) {
    apply({product("MUG", 1)});
    unsigned short nobody = 0;
    {
        ProductService gone{io};
        nobody = gone.server.port();
    }
    http::Client unheard{io, {.base_url = "http://127.0.0.1:" + std::to_string(nobody)}};
    PgCatalogue alone{io, replica.pool, inbox, unheard, {}};
    EXPECT_TRUE(run(alone.price(basket({"MUG"}), "")));
    EXPECT_EQ(run(alone.price(basket({"MUG", "PEN"}), "")).error().reason, Refusal::catalogue_unavailable);
}

TEST_F(PgCatalogueTest, nothing_is_priced_after_the_end) {
    run(catalogue.stop());
    EXPECT_THROW(price({"MUG"}), platform::Unavailable);
}

}  // namespace
}  // namespace shop::order
