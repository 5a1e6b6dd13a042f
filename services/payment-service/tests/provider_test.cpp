#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "platform/http/client.hpp"
#include "platform/http/server.hpp"
#include "platform/testing/run.hpp"
#include "services/payment-service/app/application/handle_requests.hpp"
#include "services/payment-service/app/infrastructure/stripe.hpp"
#include "services/payment-service/tests/fakes.hpp"
#include "tools/payment-provider/journal.hpp"
#include "tools/payment-provider/routes.hpp"

namespace shop::payment {
namespace {

using namespace std::chrono_literals;
namespace http = platform::http;
using testing::ElementsAre;

/// A file that goes away with the test.
struct LogFile {
    LogFile() {
        std::string pattern = (std::filesystem::temp_directory_path() / "provider.XXXXXX").string();
        directory = mkdtemp(pattern.data());
    }
    ~LogFile() { std::filesystem::remove_all(directory); }
    std::string path() const { return directory / "log.jsonl"; }
    std::filesystem::path directory;
};

/// The real adapter against the provider simulator over a real socket; payments live in memory.
struct ProviderTest : testing::Test {
    ProviderTest() {
        ports.recorder = &recorder;
        server.start();
        client.emplace(io, http::ClientConfig{.base_url = "http://127.0.0.1:" + std::to_string(server.port()),
                                              .request_ms = 2'000ms});
        connect("sk_test");
    }
    void TearDown() override {
        client.reset();
        run(server.drain(std::chrono::steady_clock::now() + 1s));
    }
    template <class T>
    T run(awaitable<T> work) {
        return platform::testing::run(io, std::move(work));
    }
    void connect(std::string key) {
        stripe.emplace(*client, std::move(key), metrics);
        ports.provider = &*stripe;
    }
    const Payment& charged_with(std::string method) {
        run(handle_requests(ports, {{ids.next(), StockReserved{order, total, {std::move(method)}}, ""}}));
        return rested();
    }
    const Payment& undone() {
        run(handle_requests(ports, {{ids.next(), RefundPayment{order}, ""}}));
        return rested();
    }
    /// Works on the payment, letting the time of retries pass, until nothing is left to do.
    const Payment& rested() {
        for (int round = 0; round < 50 && store.payments.at(order).next_attempt; ++round) {
            for (auto& payment : run(claim(ports, 10))) run(drive(ports, std::move(payment)));
            store.now += 30s;
        }
        EXPECT_FALSE(store.payments.at(order).next_attempt);
        return store.payments.at(order);
    }
    std::vector<std::string> events() {
        std::vector<std::string> names;
        journal.replay([&](const provider::Effect& one) { names.emplace_back(name_of(one.event)); });
        return names;
    }
    /// What the provider knows of money: its own log, which no adapter can talk into anything.
    std::vector<std::string> money_moved() {
        std::vector<std::string> events;
        journal.replay([&](const provider::Effect& effect) {
            if (effect.event == provider::Event::charged || effect.event == provider::Event::refunded)
                events.push_back(std::string{name_of(effect.event)} + " " + std::to_string(effect.amount));
        });
        return events;
    }
    std::vector<std::string> told() const {
        std::vector<std::string> types;
        for (const auto& one : store.told)
            types.push_back(std::visit([](const auto& event) { return std::string{event.type}; }, one.event));
        return types;
    }

    LogFile log;
    boost::asio::io_context io{1};
    platform::SystemClock clock;
    platform::RandomIds ids;
    platform::telemetry::Metrics metrics;
    provider::Provider simulator{clock, ids, {}};
    provider::Journal journal{io, log.path(), false, metrics};
    provider::Routes routes{io, simulator, journal, {.key = "sk_test", .slow = 50ms}, metrics};
    http::Server server{io, {.host = "127.0.0.1"}, routes.handler(), metrics};
    std::optional<http::Client> client;
    std::optional<Stripe> stripe;
    MemoryPayments store;
    KeepingWorkforce workforce;
    Ports ports{&store, nullptr, nullptr, &ids, {}, &workforce};
    SingleRecorder recorder{ports};
    const OrderId order{ids.next()};
    const Money total{2500, {"EUR"}};
};

TEST_F(ProviderTest, a_good_card_is_charged_once_and_refunded_once) {
    EXPECT_EQ(charged_with("pm_card_visa").status, PaymentStatus::charged);
    EXPECT_THAT(money_moved(), ElementsAre("charged 2500"));
    const auto& payment = undone();
    EXPECT_EQ(payment.status, PaymentStatus::refunded);
    EXPECT_THAT(payment.refund_id, testing::StartsWith("re_"));
    EXPECT_THAT(money_moved(), ElementsAre("charged 2500", "refunded 2500"));
    EXPECT_THAT(told(), ElementsAre("PaymentProcessed", "PaymentRefunded"));
    EXPECT_THAT(metrics.text(),
                testing::HasSubstr("shop_provider_answers_total{call=\"refund\",definitive=\"yes\"} 1"));
}

TEST_F(ProviderTest, a_declined_card_is_declined_with_the_banks_word) {
    const auto& payment = charged_with("pm_card_chargeDeclinedInsufficientFunds");
    EXPECT_EQ(payment.status, PaymentStatus::declined);
    EXPECT_EQ(payment.decline_code, "insufficient_funds");
    EXPECT_THAT(money_moved(), testing::IsEmpty());
    EXPECT_THAT(told(), ElementsAre("PaymentFailed"));
}

TEST_F(ProviderTest, a_card_that_asks_for_its_holder_is_declined_after_one_question) {
    const auto& payment = charged_with("pm_card_authenticationRequired");
    EXPECT_EQ(payment.status, PaymentStatus::declined);
    EXPECT_EQ(payment.decline_code, "authentication_required");
    EXPECT_EQ(events(), (std::vector<std::string>{"created", "requires_action", "canceled"}));
    EXPECT_THAT(told(), ElementsAre("PaymentFailed"));
}

TEST_F(ProviderTest, a_payment_method_that_does_not_exist_is_declined) {
    EXPECT_EQ(charged_with("pm_card_nothing").status, PaymentStatus::declined);
    EXPECT_EQ(store.payments.at(order).decline_code, "resource_missing");
}

TEST_F(ProviderTest, a_charge_whose_answer_was_lost_is_found_and_not_made_again) {
    EXPECT_EQ(charged_with("pm_sim_answerLost").status, PaymentStatus::charged);
    EXPECT_THAT(money_moved(), ElementsAre("charged 2500"));
}

TEST_F(ProviderTest, an_error_after_the_charge_does_not_hide_it) {
    EXPECT_EQ(charged_with("pm_sim_errorCharged").status, PaymentStatus::charged);
    EXPECT_THAT(money_moved(), ElementsAre("charged 2500"));
}

TEST_F(ProviderTest, a_charge_that_never_succeeds_is_cancelled_after_some_rounds) {
    const auto& payment = charged_with("pm_sim_errorNotCharged");
    EXPECT_EQ(payment.status, PaymentStatus::declined);
    EXPECT_EQ(payment.decline_code, "provider_gave_no_answer");
    EXPECT_THAT(money_moved(), testing::IsEmpty());
}

TEST_F(ProviderTest, a_charge_that_cannot_be_refunded_is_left_to_a_person) {
    EXPECT_EQ(charged_with("pm_sim_refundRefused").status, PaymentStatus::charged);
    EXPECT_EQ(undone().status, PaymentStatus::manual);
    EXPECT_THAT(money_moved(), ElementsAre("charged 2500"));
}

TEST_F(ProviderTest, lost_answers_to_every_kind_of_call_move_no_money_twice) {
    simulator.set_faults(provider::FaultPlan::parse(R"({"seed":3,"faults":{
        "create":{"lost":0.4,"rate_limited":0.2},"confirm":{"lost":0.5,"dropped":0.2},
        "retrieve":{"dropped":0.4,"error":0.1},"refund":{"lost":0.4,"dropped":0.2,"rate_limited":0.2}}})")
                             .value());
    EXPECT_EQ(charged_with("pm_card_visa").status, PaymentStatus::charged);
    EXPECT_EQ(undone().status, PaymentStatus::refunded);
    EXPECT_THAT(money_moved(), ElementsAre("charged 2500", "refunded 2500"));
}

TEST_F(ProviderTest, a_key_that_is_not_accepted_decides_nothing) {
    connect("sk_wrong");
    EXPECT_TRUE(std::holds_alternative<Unknown>(run(stripe->make(Read{"pi_1"}))));
    EXPECT_TRUE(std::holds_alternative<Unknown>(
        run(stripe->make(Create{order.text(), total, "pm_card_visa", order}))));
}

TEST_F(ProviderTest, a_provider_that_is_gone_decides_nothing) {
    server.stop();
    EXPECT_TRUE(std::holds_alternative<Unknown>(
        run(stripe->make(Create{order.text(), total, "pm_card_visa", order}))));
    EXPECT_THAT(metrics.text(),
                testing::HasSubstr("shop_provider_answers_total{call=\"create\",definitive=\"no\"} 1"));
}

}  // namespace
}  // namespace shop::payment
