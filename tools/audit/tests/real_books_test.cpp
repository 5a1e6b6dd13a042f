#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "platform/messaging/tests/virtual_host.hpp"
#include "platform/postgres/check.hpp"
#include "platform/postgres/errors.hpp"
#include "tools/audit/audit.hpp"
#include "tools/audit/read_broker.hpp"
#include "tools/audit/report.hpp"
#include "tools/audit/tests/small_world.hpp"
#include "tools/audit/tests/world.hpp"

namespace shop::audit {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// One for all tests, because to make one takes seconds; put back in order for each.
World& fresh_world() {
    static World world(6);
    world.fill();
    return world;
}

std::string audited(const World& world) {
    auto books = world.read();
    return failed(audit(books, {}));
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    if (!value)
        throw std::runtime_error(std::string(name) + " is not set: this test needs a private instance");
    return value;
}

TEST(RealBooks, statements_fit_the_schema) {
    const World& world = fresh_world();
    EXPECT_THAT(platform::postgres::check_statements(
                    world.order.url(), {"audit.clock", "audit.orders", "audit.history",
                                        "audit.idempotency_keys", "audit.outbox", "audit.inbox"}),
                IsEmpty());
    EXPECT_THAT(platform::postgres::check_statements(
                    world.inventory.url(), {"audit.reservations", "audit.stock", "audit.movements"}),
                IsEmpty());
    EXPECT_THAT(platform::postgres::check_statements(world.payment.url(), {"audit.payments", "audit.ledger"}),
                IsEmpty());
}

TEST(RealBooks, are_read_whole_and_balance) {
    const World& world = fresh_world();
    auto books = world.read();
    EXPECT_EQ(books.orders.size(), 6u);
    EXPECT_EQ(books.history.size(), 22u);
    EXPECT_EQ(books.keys.size(), 6u);
    EXPECT_EQ(books.reservations.size(), 6u);
    EXPECT_EQ(books.movements.size(), 6u);
    EXPECT_EQ(books.payments.size(), 4u);
    EXPECT_EQ(books.ledger.size(), 12u);
    EXPECT_EQ(books.sent.size(), 30u);
    EXPECT_EQ(books.handled.size(), 30u);
    EXPECT_EQ(books.provider->moves.size(), 6u);
    const auto checks = audit(books, {});
    EXPECT_EQ(failed(checks), "") << text_report(checks, extent_of(books));
}

/// One statement on one database, and the checks that must see it.
struct Damage {
    const char* name;
    platform::testing::Database World::* database;
    const char* sql;
    const char* seen_by;
};

const Damage damages[] = {
    {"an_order_left_pending", &World::order,
     "update orders set status = 'pending', deadline = now() where status = 'confirmed'", "A1 A2 A10"},
    {"a_lost_reservation", &World::inventory,
     "delete from reservations where order_id = (select id from story where k = 0)", "A2 A7"},
    {"other_lines", &World::inventory,
     "update reservations set lines = '[{\"sku\": \"MUG\", \"quantity\": 1}]' where status = 'released'",
     "A3"},
    {"lines_of_another_shape", &World::inventory, "update reservations set lines = '[7]'", "A3 A7"},
    {"a_refund_that_never_was", &World::payment,
     "update payments set status = 'charged' where status = 'refunded'", "A4 A5 A6"},
    {"a_payment_of_another_amount", &World::payment, "update payments set amount = 599", "A4 A5 A6"},
    {"a_half_transaction", &World::payment,
     "delete from ledger where account = 'sales' and order_id = (select id from story where k = 0)", "A6"},
    {"stock_out_of_nowhere", &World::inventory, "update stock set on_hand = on_hand + 1", "A7"},
    {"a_lost_sale", &World::inventory,
     "delete from movements where sku = 'MUG' and order_id = (select id from story where k = 0)", "A7"},
    {"an_unsent_event", &World::order, "update outbox set sent_at = null where type = 'OrderCancelled'",
     "A8"},
    {"an_unhandled_event", &World::payment, "delete from inbox where message_id = made_id(32, 0)", "A9"},
    {"an_invented_event", &World::order, "delete from outbox where id = made_id(16, 0)", "A9"},
    {"a_lost_version", &World::order, "delete from order_history where version = 2", "A10"},
    {"a_wrong_total", &World::order, "update orders set total_amount = 601 where status = 'cancelled'",
     "A11"},
    {"unreadable_lines", &World::order, "update orders set lines = '{}' where status = 'cancelled'",
     "A3 A11"},
    {"a_stolen_key", &World::order, "update idempotency_keys set user_id = made_id(1, 99)", "A12"},
    {"a_lost_order", &World::order,
     "with gone as (delete from orders where id = (select id from story where k = 2) returning id) "
     "select 1 from gone",
     "A10 A12 A14"},
    {"a_quantity_below_one", &World::order,
     "update orders set lines = jsonb_set(lines, '{0,quantity}', '0') where status = 'cancelled'",
     "A3 A11 A15"},
};

struct DamageTest : testing::TestWithParam<Damage> {};

TEST_P(DamageTest, is_seen) {
    World& world = fresh_world();
    (world.*GetParam().database).execute(GetParam().sql);
    EXPECT_EQ(audited(world), GetParam().seen_by);
}

INSTANTIATE_TEST_SUITE_P(RealBooks, DamageTest, testing::ValuesIn(damages),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(RealBooks, half_a_line_at_the_end_of_the_log_is_no_damage_and_a_missing_line_is) {
    World& world = fresh_world();
    std::ifstream in(world.log());
    std::string log(std::istreambuf_iterator<char>(in), {});
    std::ofstream(world.log()) << log << R"({"sequence":11,"ti)";
    EXPECT_EQ(audited(world), "");
    std::ofstream(world.log()) << log.substr(log.find('\n') + 1);
    EXPECT_EQ(audited(world), "A5");
    std::ofstream(world.log()) << "what\n" << log.substr(log.find('\n') + 1);
    EXPECT_EQ(audited(world), "A5");
}

TEST(RealBooks, a_database_that_is_away_is_an_error) {
    const World& world = fresh_world();
    auto urls = world.urls();
    urls.payment = world.payment.url_at(1);
    Books books;
    EXPECT_THROW(read_databases(urls, books), platform::postgres::ConnectionLost);
}

TEST(Broker, a_wrong_password_is_an_error) {
    auto url = variable("SHOP_TEST_RABBITMQ_MANAGEMENT");
    url.replace(url.find("://") + 3, url.find('@') - url.find("://") - 3, "nobody:wrong");
    EXPECT_THAT([&] { read_queues(url, {}); }, testing::ThrowsMessage<std::runtime_error>(HasSubstr("401")));
}

/// The program itself on a world and a virtual host of the test's broker.
class Program {
  public:
    Program(const World& world, const std::string& vhost) {
        const auto urls = world.urls();
        const std::pair<const char*, std::string> variables[] = {
            {"SHOP_USER_DATABASE_URL", urls.user},
            {"SHOP_PRODUCT_DATABASE_URL", urls.product},
            {"SHOP_ORDER_DATABASE_URL", urls.order},
            {"SHOP_INVENTORY_DATABASE_URL", urls.inventory},
            {"SHOP_PAYMENT_DATABASE_URL", urls.payment},
            {"SHOP_BROKER_MANAGEMENT_URL", variable("SHOP_TEST_RABBITMQ_MANAGEMENT") + "/" + vhost},
            {"SHOP_PROVIDER_LOG", world.log().string()}};
        for (const auto& [name, value] : variables) command_ += std::string(name) + "='" + value + "' ";
        command_ += "'" SHOP_AUDIT "' ";
    }

    /// Its exit code.
    int run(const std::string& arguments) const {
        return WEXITSTATUS(std::system((command_ + arguments + " > /dev/null 2>&1").c_str()));
    }

  private:
    std::string command_;
};

TEST(Program, says_by_its_exit_code_how_it_ended) {
    const World& world = fresh_world();
    const platform::messaging::VirtualHost host;
    const auto broker = host.config().url;
    const Program program(world, broker.substr(broker.rfind('/') + 1));
    EXPECT_EQ(program.run("--what"), 2);
    EXPECT_EQ(program.run("--grace soon"), 2);
    EXPECT_EQ(program.run("--json"), 2);
    const auto file = world.log().string() + ".report";
    // The broker has none of the shop's queues, and nothing else is wrong.
    EXPECT_EQ(program.run("--grace 0 --json '" + file + "'"), 1);
    std::ifstream in(file);
    const auto report = boost::json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    EXPECT_EQ(report.at("verdict").as_string(), "UNBALANCED: 4 findings in 1 check");
    std::filesystem::remove(file);
    std::filesystem::remove(world.log());
    EXPECT_EQ(program.run("--grace 0"), 2);
}

}  // namespace
}  // namespace shop::audit
