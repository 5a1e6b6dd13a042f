#include "services/payment-service/app/presentation/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/testing/live_api.hpp"
#include "services/payment-service/tests/payment_storage.hpp"

namespace shop::payment {
namespace {

using platform::testing::body_of;
using platform::testing::problem_in;
using testing::ElementsAre;

struct PaymentRoutesTest : testing::Test, Storage {
    auto get(std::string target) { return api.send("GET", std::move(target), admin); }

    platform::testing::LiveApi<RoutePorts> api{io, metrics, api_info(), {&reads}, &add_routes};
    const std::string admin = api.token(ids.next(), "admin");
};

TEST_F(PaymentRoutesTest, a_payment_is_read_by_its_order) {
    const auto order = asked_to_charge();
    const auto response = get("/payments/" + order.text());
    EXPECT_EQ(response.status, 200) << response.body;
    const auto payment = body_of(response);
    EXPECT_EQ(payment.at("order_id").as_string(), order.text());
    EXPECT_EQ(payment.at("status"), "charging");
    EXPECT_EQ(payment.at("amount"), 2500);
    EXPECT_FALSE(payment.contains("method"));
}

TEST_F(PaymentRoutesTest, payments_come_in_pages_newest_order_first) {
    const auto first = asked_to_charge(), second = asked_to_charge();
    auto page = body_of(get("/payments?limit=1"));
    EXPECT_EQ(page.at("items").at(0).at("order_id").as_string(), second.text());
    EXPECT_EQ(page.at("next").as_string(), second.text());
    page = body_of(get("/payments?status=charging&after=" + second.text()));
    EXPECT_EQ(page.at("items").at(0).at("order_id").as_string(), first.text());
    EXPECT_FALSE(page.contains("next"));
    EXPECT_TRUE(body_of(get("/payments?status=manual")).at("items").as_array().empty());
}

TEST_F(PaymentRoutesTest, every_problem_can_be_met) {
    EXPECT_EQ(problem_in(get("/payments/" + ids.next().text())), "404 payment-not-found");
    EXPECT_EQ(problem_in(get("/payments/not-an-id")), "404 not-found");
    EXPECT_EQ(problem_in(get("/payments?status=lost")), "400 bad-parameters");
    EXPECT_EQ(problem_in(get("/payments?limit=0")), "400 bad-parameters");
}

TEST_F(PaymentRoutesTest, only_administrators_get_in) {
    const auto customer = api.token(ids.next(), "customer");
    for (const auto& target : {std::string{"/payments"}, "/payments/" + ids.next().text()}) {
        EXPECT_EQ(problem_in(api.send("GET", target)), "401 unauthenticated");
        EXPECT_EQ(problem_in(api.send("GET", target, customer)), "403 forbidden");
    }
}

TEST_F(PaymentRoutesTest, without_a_database_it_says_so) {
    pool.stop();
    EXPECT_EQ(problem_in(get("/payments")), "503 unavailable");
}

TEST_F(PaymentRoutesTest, the_document_names_every_route) {
    EXPECT_THAT(api.routes(), ElementsAre("GET /api/v1/payments", "GET /api/v1/payments/{order_id}"));
    const auto paths = api.document().at("paths").as_object();
    for (const auto& route : api.routes())
        EXPECT_TRUE(paths.contains(route.substr(route.find(' ') + 1))) << route;
}

}  // namespace
}  // namespace shop::payment
