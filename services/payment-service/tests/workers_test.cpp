#include "services/payment-service/app/infrastructure/workers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "services/payment-service/tests/payment_storage.hpp"

namespace shop::payment {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Charges everything, but only once it is let go on; counts how many calls are under way.
struct HeldProvider : Provider {
    explicit HeldProvider(boost::asio::io_context& io) : gate{io, std::chrono::hours{1}} {}

    awaitable<Answer> make(Call call) override {
        if (fails) throw std::runtime_error("a bug");
        most = std::max(most, ++at_once);
        boost::system::error_code opened;
        if (held) co_await gate.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, opened));
        --at_once;
        if (const auto* create = std::get_if<Create>(&call)) co_return Created{"pi_" + create->key};
        co_return Charged{};
    }
    void let_go() {
        held = false;
        gate.cancel();
    }

    boost::asio::steady_timer gate;
    bool held = false;
    bool fails = false;
    int at_once = 0;
    int most = 0;
};

struct WorkersTest : testing::Test, Storage {
    WorkersTest() {
        ports.provider = &held;
        ports.recorder = &recorder;
    }
    std::string charged() { return database.value("select count(*) from payments where status = 'charged'"); }

    HeldProvider held{io};
    GroupRecorder recorder{io, ports, {}};
    Workers make(std::size_t payments_max = 64) {
        return {io, ports, {.payments_max = payments_max, .drain = 50ms}, metrics};
    }
};

TEST_F(WorkersTest, a_payment_is_driven_as_soon_as_it_is_committed) {
    auto workers = make();
    on_work = [&] { workers.wake(); };
    asked_to_charge();
    platform::testing::run_until(io, [&] { return charged() == "1"; });
    run(workers.stop());
    EXPECT_THAT(metrics.text(), HasSubstr("shop_payments_driven 0"));
}

TEST_F(WorkersTest, a_payment_is_driven_by_the_replica_that_made_it_without_being_claimed) {
    auto workers = make(3);
    ports.workforce = &workers;
    held.held = true;
    handle({charge(OrderId{ids.next()}), charge(OrderId{ids.next()}), charge(OrderId{ids.next()})});
    platform::testing::run_until(io, [&] { return held.at_once == 3; });
    EXPECT_EQ(work, 0) << "nobody need look for them";
    asked_to_charge();
    EXPECT_EQ(work, 1) << "all places are taken";
    held.let_go();
    platform::testing::run_until(io, [&] { return charged() == "4"; });
    EXPECT_LE(held.most, 3);
    run(workers.stop());
    EXPECT_THAT(metrics.text(), HasSubstr("shop_payments_driven 0"));
}

TEST_F(WorkersTest, more_than_fit_are_driven_one_after_the_other) {
    held.held = true;
    for (int i = 0; i < 10; ++i) asked_to_charge();
    auto workers = make(3);
    workers.wake();
    platform::testing::run_until(io, [&] { return held.at_once == 3; });
    workers.wake();
    EXPECT_EQ(database.value("select count(*) from payments where lease is not null"), "3");
    held.let_go();
    platform::testing::run_until(io, [&] { return charged() == "10"; });
    EXPECT_LE(held.most, 3);
}

TEST_F(WorkersTest, the_reports_of_many_workers_share_transactions) {
    held.held = true;
    for (int i = 0; i < 20; ++i) asked_to_charge();
    auto workers = make();
    workers.wake();
    platform::testing::run_until(io, [&] { return held.at_once == 20; });
    held.let_go();
    platform::testing::run_until(io, [&] { return charged() == "20"; });
    EXPECT_LE(std::stoi(database.value("select count(distinct xmin::text) from payments")), 6);
}

TEST_F(WorkersTest, a_payment_whose_worker_fails_is_left_to_its_lease) {
    held.fails = true;
    asked_to_charge();
    auto workers = make();
    workers.wake();
    platform::testing::run_until(
        io, [&] { return metrics.text().find("shop_payment_work_failures_total 1") != std::string::npos; });
    EXPECT_EQ(database.value("select lease is not null from payments"), "t");
    held.fails = false;
    run(workers.look());
    EXPECT_EQ(charged(), "0");
    leases_pass();
    run(workers.look());
    platform::testing::run_until(io, [&] { return charged() == "1"; });
}

TEST_F(WorkersTest, what_the_store_throws_is_for_the_loop_to_tell_and_ends_nothing) {
    auto workers = make();
    database.execute("alter table payments rename to hidden");
    workers.wake();
    bool told = false;
    for (int i = 0; i < 100 && !told; ++i) {
        run(pool.ping());  // The look begins nothing while what was woken is still at it.
        try {
            run(workers.look());
        } catch (const platform::postgres::Error&) {
            told = true;
        }
    }
    EXPECT_TRUE(told);
    database.execute("alter table hidden rename to payments");
    asked_to_charge();
    run(workers.look());
    platform::testing::run_until(io, [&] { return charged() == "1"; });
}

TEST_F(WorkersTest, the_end_waits_for_what_is_under_way_and_begins_nothing) {
    held.held = true;
    asked_to_charge();
    Workers workers{io, ports, {.drain = 1h}, metrics};
    workers.wake();
    platform::testing::run_until(io, [&] { return held.at_once == 1; });
    bool ended = false;
    boost::asio::co_spawn(io, workers.stop(), [&](std::exception_ptr) { ended = true; });
    io.poll();
    EXPECT_FALSE(ended);
    asked_to_charge();
    workers.wake();
    held.let_go();
    platform::testing::run_until(io, [&] { return ended; });
    EXPECT_EQ(charged(), "1");
    EXPECT_EQ(database.value("select count(*) from payments where status = 'charging'"), "1");
}

TEST_F(WorkersTest, the_end_does_not_wait_for_a_provider_that_says_nothing) {
    held.held = true;
    asked_to_charge();
    auto workers = make();
    workers.wake();
    platform::testing::run_until(io, [&] { return held.at_once == 1; });
    run(workers.stop(), 2s);
    run(recorder.stop());
    held.let_go();
    platform::testing::run_until(
        io, [&] { return metrics.text().find("shop_payments_driven 0") != std::string::npos; });
    EXPECT_EQ(database.value("select status || stage from payments"), "chargingcreate");
}

}  // namespace
}  // namespace shop::payment
