#include "services/order-service/app/presentation/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/testing/live_api.hpp"
#include "services/order-service/app/application/handle_replies.hpp"
#include "services/order-service/app/infrastructure/pg_outcomes.hpp"
#include "services/order-service/tests/fakes.hpp"
#include "services/order-service/tests/order_storage.hpp"

namespace shop::order {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using platform::testing::body_of;
using platform::testing::LiveApi;
using platform::testing::pointers_in;
using platform::testing::problem_in;
using testing::ElementsAre;

/// The routes over the real storage; only the catalogue and the admission say what the test wants.
struct OrderRoutesTest : testing::Test, Storage {
    auto post(json::value body, LiveApi<RoutePorts>::Headers headers = {}) {
        return api.send("POST", "/orders", hers, std::move(body), std::move(headers));
    }
    auto get(std::string target, LiveApi<RoutePorts>::Headers headers = {}) {
        return api.send("GET", std::move(target), hers, {}, std::move(headers));
    }
    json::object basket(std::int64_t quantity = 2, std::string sku = "MUG") const {
        return {{"lines", {{{"sku", sku}, {"quantity", quantity}}}},
                {"shipping_address", "1 Main Street"},
                {"payment_method", "pm_card_visa"}};
    }
    std::string created(LiveApi<RoutePorts>::Headers headers = {}) {
        const auto response = post(basket(), std::move(headers));
        EXPECT_EQ(response.status, 202) << response.body;
        return std::string{body_of(response).at("id").as_string()};
    }
    void confirm(const std::string& id) {
        run(handle_replies(
            routes.ports,
            {{ids.next(), PaymentProcessed{*OrderId::parse(id), "pi_1", {2500, {"EUR"}}}, ""}}));
    }

    Log log;
    FixedCatalogue catalogue{log};
    SwitchedAdmission admission{log};
    PgOutcomes outcomes{io, replica.pool, 10};
    RoutePorts routes{{&replica.orders, &catalogue, &admission, &clock, &ids, &saga}, &reads, &outcomes};
    LiveApi<RoutePorts> api{io, replica.metrics, api_info(), routes, &add_routes};
    const std::string hers = api.token(ada.value, "customer");
    const std::string his = api.token(bob.value, "customer");
};

TEST_F(OrderRoutesTest, an_order_is_accepted_and_can_be_read) {
    const auto response = post(basket());
    EXPECT_EQ(response.status, 202) << response.body;
    const auto order = body_of(response);
    EXPECT_EQ(order.at("status"), "pending");
    EXPECT_EQ(order.at("total"), (json::object{{"amount", 2500}, {"currency", "EUR"}}));
    const std::string id{order.at("id").as_string()};
    EXPECT_EQ(response.headers.find("Location"), "/api/v1/orders/" + id);
    EXPECT_EQ(body_of(get("/orders/" + id)), order);
    const auto timeline = body_of(get("/orders/" + id + "/timeline"));
    EXPECT_EQ(timeline.at("entries").at(0).at("event"), "OrderCreated");
}

TEST_F(OrderRoutesTest, the_same_key_and_body_give_the_same_order) {
    const LiveApi<RoutePorts>::Headers key{{"Idempotency-Key", "k-1"}};
    const auto id = created(key);
    confirm(id);
    catalogue.refusal = Refusal::product_unknown;
    const auto again = post(basket(), key);
    EXPECT_EQ(again.status, 202);
    EXPECT_EQ(body_of(again).at("id").as_string(), id);
    EXPECT_EQ(body_of(again).at("status"), "confirmed");
    EXPECT_EQ(problem_in(post(basket(3), key)), "422 idempotency-key-reused");
}

TEST_F(OrderRoutesTest, orders_come_in_pages_newest_first) {
    const auto first = created(), second = created(), third = created();
    auto page = body_of(get("/orders?limit=2"));
    EXPECT_EQ(page.at("items").as_array().size(), 2u);
    EXPECT_EQ(page.at("items").at(0).at("id").as_string(), third);
    EXPECT_EQ(page.at("next").as_string(), second);
    page = body_of(get("/orders?limit=2&after=" + second));
    EXPECT_EQ(page.at("items").at(0).at("id").as_string(), first);
    EXPECT_FALSE(page.contains("next"));
    EXPECT_TRUE(body_of(api.send("GET", "/orders", his)).at("items").as_array().empty());
}

TEST_F(OrderRoutesTest, a_pending_order_can_be_cancelled_more_than_once) {
    const auto id = created();
    for (int i = 0; i < 2; ++i) {
        const auto response = api.send("POST", "/orders/" + id + "/cancel", hers);
        EXPECT_EQ(response.status, 200) << response.body;
        EXPECT_EQ(body_of(response).at("status"), "cancelling");
        EXPECT_EQ(body_of(response).at("cancel_reason"), "customer_request");
    }
}

TEST_F(OrderRoutesTest, who_prefers_to_wait_gets_the_outcome) {
    const auto id = created();
    std::optional<platform::http::ClientResponse> answer;
    boost::asio::co_spawn(
        io, api.call("GET", "/orders/" + id, hers, {}, {{"Prefer", "wait=10"}}),
        [&](std::exception_ptr, platform::http::ClientResponse response) { answer = std::move(response); });
    confirm(id);
    while (!answer) {
        run(outcomes.look());
        io.run_one_for(1ms);
    }
    EXPECT_EQ(body_of(*answer).at("status"), "confirmed");
    // What is final already is not waited for, and neither is what is none of theirs.
    EXPECT_EQ(get("/orders/" + id, {{"Prefer", "wait=10"}}).status, 200);
    EXPECT_EQ(problem_in(api.send("GET", "/orders/" + id, his, {}, {{"Prefer", "wait=10"}})),
              "404 order-not-found");
}

TEST_F(OrderRoutesTest, the_wait_ends_before_the_server_would_give_up) {
    LiveApi<RoutePorts> impatient{io,     replica.metrics, api_info(),
                                  routes, &add_routes,     {.host = "127.0.0.1", .handler_ms = 1'100ms}};
    const auto response = impatient.send("POST", "/orders", hers, basket(), {{"Prefer", "wait=20"}});
    EXPECT_EQ(response.status, 202) << response.body;
    EXPECT_EQ(body_of(response).at("status"), "pending");
}

TEST_F(OrderRoutesTest, every_problem_of_placing_an_order_can_be_met) {
    catalogue.refusal = Refusal::product_unknown;
    EXPECT_EQ(problem_in(post(basket())), "422 product-unknown");
    catalogue.refusal = Refusal::catalogue_unavailable;
    auto response = post(basket());
    EXPECT_EQ(problem_in(response), "503 catalogue-unavailable");
    EXPECT_TRUE(response.headers.find("Retry-After"));
    catalogue.refusal.reset();
    auto mixed = basket();
    mixed["lines"].as_array().push_back({{"sku", "US"}, {"quantity", 1}});
    EXPECT_EQ(problem_in(post(mixed)), "422 currencies-mixed");
    admission.open = false;
    response = post(basket());
    EXPECT_EQ(problem_in(response), "503 too-many-pending");
    EXPECT_TRUE(response.headers.find("Retry-After"));
    EXPECT_EQ(problem_in(post(basket(), {{"Idempotency-Key", std::string(256, 'k')}})).substr(0, 3), "400");
}

TEST_F(OrderRoutesTest, everything_wrong_with_an_order_is_named_at_once) {
    const auto response = post({{"lines", {{{"sku", "no sku"}, {"quantity", 0}, {"price", 1}}}},
                                {"shipping_address", ""},
                                {"payment_method", "4242 4242"}});
    EXPECT_EQ(problem_in(response), "422 validation-failed");
    EXPECT_THAT(pointers_in(response),
                testing::UnorderedElementsAre("#/lines/0/sku", "#/lines/0/quantity", "#/lines/0/price",
                                              "#/shipping_address", "#/payment_method"));
    auto long_list = basket();
    for (int i = 0; i < 50; ++i) long_list["lines"].as_array().push_back(long_list["lines"].at(0));
    EXPECT_EQ(problem_in(post(long_list)), "422 validation-failed");
    EXPECT_EQ(problem_in(post(basket(100))), "422 validation-failed");
}

TEST_F(OrderRoutesTest, every_problem_of_an_order_can_be_met) {
    const auto id = created();
    const auto nothing = "/orders/" + ids.next().text();
    for (const auto* what : {"", "/timeline"}) {
        EXPECT_EQ(problem_in(get(nothing + what)), "404 order-not-found");
        EXPECT_EQ(problem_in(api.send("GET", "/orders/" + id + what, his)), "404 order-not-found");
    }
    EXPECT_EQ(problem_in(api.send("POST", "/orders/" + id + "/cancel", his)), "404 order-not-found");
    EXPECT_EQ(problem_in(api.send("POST", nothing + "/cancel", hers)), "404 order-not-found");
    confirm(id);
    EXPECT_EQ(problem_in(api.send("POST", "/orders/" + id + "/cancel", hers)), "409 order-not-cancellable");
    EXPECT_EQ(problem_in(get("/orders/not-an-id")), "404 not-found");
    EXPECT_EQ(problem_in(get("/orders?limit=0")), "400 bad-parameters");
    EXPECT_EQ(problem_in(get("/orders?limit=101")), "400 bad-parameters");
}

TEST_F(OrderRoutesTest, nobody_gets_in_without_a_token) {
    const auto id = created();
    EXPECT_EQ(problem_in(api.send("POST", "/orders", {}, basket())), "401 unauthenticated");
    for (const auto& target : {std::string{"/orders"}, "/orders/" + id, "/orders/" + id + "/timeline"})
        EXPECT_EQ(problem_in(api.send("GET", target)), "401 unauthenticated");
    EXPECT_EQ(problem_in(api.send("POST", "/orders/" + id + "/cancel")), "401 unauthenticated");
}

TEST_F(OrderRoutesTest, without_a_database_it_says_so) {
    replica.pool.stop();
    EXPECT_EQ(problem_in(post(basket())), "503 unavailable");
}

TEST_F(OrderRoutesTest, the_document_names_every_route) {
    EXPECT_THAT(api.routes(), ElementsAre("GET /api/v1/orders", "GET /api/v1/orders/{id}",
                                          "GET /api/v1/orders/{id}/timeline", "POST /api/v1/orders",
                                          "POST /api/v1/orders/{id}/cancel"));
    const auto paths = api.document().at("paths").as_object();
    for (const auto& route : api.routes())
        EXPECT_TRUE(paths.contains(route.substr(route.find(' ') + 1))) << route;
}

}  // namespace
}  // namespace shop::order
