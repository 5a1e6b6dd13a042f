#include "services/inventory-service/app/presentation/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/testing/live_api.hpp"
#include "services/inventory-service/tests/stock_storage.hpp"

namespace shop::inventory {
namespace {

namespace json = boost::json;
using platform::testing::body_of;
using platform::testing::pointers_in;
using platform::testing::problem_in;
using testing::ElementsAre;

struct InventoryRoutesTest : testing::Test, Storage {
    auto get(std::string target) { return api.send("GET", std::move(target), admin); }
    auto counted(std::string sku, json::value on_hand) {
        return api.send("PUT", "/inventory/" + sku, admin,
                        json::object{{"on_hand", std::move(on_hand)}, {"reason", "count"}});
    }
    auto adjusted(std::string sku, json::value delta) {
        return api.send("POST", "/inventory/" + sku + "/adjustments", admin,
                        json::object{{"delta", std::move(delta)}, {"reason", "delivery"}});
    }

    platform::testing::LiveApi<RoutePorts> api{io, metrics, api_info(), {ports, &reads}, &add_routes};
    const std::string admin = api.token(ids.next(), "admin");
};

TEST_F(InventoryRoutesTest, stock_is_counted_adjusted_and_read) {
    EXPECT_EQ(counted("MUG", 5).status, 200);
    handle({created(new_order(), {{"MUG", 2}})});
    const auto response = adjusted("MUG", 3);
    EXPECT_EQ(response.status, 200) << response.body;
    const json::object mug{{"sku", "MUG"}, {"on_hand", 8}, {"reserved", 2}, {"available", 6}};
    EXPECT_EQ(body_of(response), mug);
    EXPECT_EQ(body_of(get("/inventory/MUG")), mug);
    const auto movements = body_of(get("/inventory/MUG/movements?limit=1"));
    EXPECT_EQ(movements.at("items").at(0).at("delta"), 3);
    const auto older =
        body_of(get("/inventory/MUG/movements?after=" + std::string{movements.at("next").as_string()}));
    EXPECT_EQ(older.at("items").at(0).at("delta"), 5);
    EXPECT_FALSE(older.contains("next"));
}

TEST_F(InventoryRoutesTest, an_adjustment_that_is_sent_again_under_its_key_moves_nothing_twice) {
    counted("MUG", 5);
    counted("PEN", 5);
    const auto adjusted_as = [this](std::string sku, int delta, const std::string& token) {
        return api.send("POST", "/inventory/" + sku + "/adjustments", token,
                        json::object{{"delta", delta}, {"reason", "delivery"}},
                        {{"Idempotency-Key", "delivery-17"}});
    };
    for (int time = 0; time < 3; ++time) {
        const auto response = adjusted_as("MUG", 3, admin);
        EXPECT_EQ(response.status, 200) << response.body;
        EXPECT_EQ(body_of(response).at("on_hand"), 8);
    }
    EXPECT_EQ(problem_in(adjusted_as("MUG", 4, admin)), "422 idempotency-key-reused");
    EXPECT_EQ(problem_in(adjusted_as("PEN", 3, admin)), "422 idempotency-key-reused");
    EXPECT_EQ(body_of(get("/inventory/PEN")).at("on_hand"), 5);
    // Keys are each administrator's own.
    EXPECT_EQ(body_of(adjusted_as("MUG", 3, api.token(ids.next(), "admin"))).at("on_hand"), 11);
    EXPECT_EQ(body_of(get("/inventory/MUG/movements")).at("items").as_array().size(), 3u);
}

TEST_F(InventoryRoutesTest, a_count_that_is_sent_again_under_its_key_does_not_put_back_what_was_sold_since) {
    const auto counted_as = [this](int on_hand) {
        return api.send("PUT", "/inventory/MUG", admin,
                        json::object{{"on_hand", on_hand}, {"reason", "count"}},
                        {{"Idempotency-Key", "count-3"}});
    };
    counted("MUG", 10);
    EXPECT_EQ(body_of(counted_as(10)).at("on_hand"), 10);
    const auto order = new_order();
    handle({created(order, {{"MUG", 2}})});
    handle({message(OrderConfirmed{order, {}})});
    EXPECT_EQ(body_of(counted_as(10)).at("on_hand"), 8);
    EXPECT_EQ(problem_in(counted_as(9)), "422 idempotency-key-reused");
}

TEST_F(InventoryRoutesTest, stock_comes_in_pages_by_sku) {
    for (const auto* sku : {"B", "A", "C"}) counted(sku, 1);
    auto page = body_of(get("/inventory?limit=2"));
    EXPECT_EQ(page.at("items").at(1).at("sku"), "B");
    EXPECT_EQ(page.at("next"), "B");
    page = body_of(get("/inventory?after=B"));
    EXPECT_EQ(page.at("items").as_array().size(), 1u);
    EXPECT_FALSE(page.contains("next"));
}

TEST_F(InventoryRoutesTest, every_problem_can_be_met) {
    EXPECT_EQ(problem_in(get("/inventory/NONE")), "404 stock-not-found");
    counted("MUG", 2);
    handle({created(new_order(), {{"MUG", 2}})});
    EXPECT_EQ(problem_in(counted("MUG", 1)), "409 stock-below-reserved");
    EXPECT_EQ(problem_in(adjusted("MUG", -1)), "409 stock-below-reserved");
    EXPECT_EQ(problem_in(counted("MUG", -1)), "422 validation-failed");
    EXPECT_EQ(problem_in(adjusted("MUG", "three")), "422 validation-failed");
    const auto response = api.send("PUT", "/inventory/MUG", admin, json::object{{"reserved", 1}});
    EXPECT_THAT(pointers_in(response), testing::UnorderedElementsAre("#/reserved", "#/on_hand", "#/reason"));
    EXPECT_EQ(problem_in(get("/inventory?limit=501")), "400 bad-parameters");
    EXPECT_EQ(problem_in(get("/inventory/MUG/movements?after=x")), "400 bad-parameters");
    EXPECT_EQ(problem_in(get("/inventory/no%20sku")), "404 not-found");
}

TEST_F(InventoryRoutesTest, only_administrators_get_in) {
    const auto customer = api.token(ids.next(), "customer");
    const json::object body{{"on_hand", 1}, {"delta", 1}, {"reason", "theft"}};
    for (const auto& [method, target] :
         {std::pair{"GET", "/inventory"}, std::pair{"GET", "/inventory/MUG"},
          std::pair{"PUT", "/inventory/MUG"}, std::pair{"POST", "/inventory/MUG/adjustments"},
          std::pair{"GET", "/inventory/MUG/movements"}}) {
        const auto sent = std::string{method} == "GET" ? json::value{} : json::value{body};
        EXPECT_EQ(problem_in(api.send(method, target, {}, sent)), "401 unauthenticated") << target;
        EXPECT_EQ(problem_in(api.send(method, target, customer, sent)), "403 forbidden") << target;
    }
}

TEST_F(InventoryRoutesTest, without_a_database_it_says_so) {
    pool.stop();
    EXPECT_EQ(problem_in(get("/inventory/MUG")), "503 unavailable");
}

TEST_F(InventoryRoutesTest, the_document_names_every_route) {
    EXPECT_THAT(api.routes(),
                ElementsAre("GET /api/v1/inventory", "GET /api/v1/inventory/{sku}",
                            "GET /api/v1/inventory/{sku}/movements",
                            "POST /api/v1/inventory/{sku}/adjustments", "PUT /api/v1/inventory/{sku}"));
    const auto paths = api.document().at("paths").as_object();
    for (const auto& route : api.routes())
        EXPECT_TRUE(paths.contains(route.substr(route.find(' ') + 1))) << route;
}

}  // namespace
}  // namespace shop::inventory
