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
                    world.order.url(),
                    {"audit.clock", "audit.order", "audit.open_orders", "audit.history", "audit.catalogue",
                     "audit.idempotency_keys", "audit.outbox", "audit.unsent", "audit.inbox"}),
                IsEmpty());
    EXPECT_THAT(platform::postgres::check_statements(
                    world.inventory.url(),
                    {"audit.reservations", "audit.held", "audit.stock", "audit.movements", "audit.summed"}),
                IsEmpty());
    EXPECT_THAT(platform::postgres::check_statements(world.payment.url(),
                                                     {"audit.payments", "audit.waiting", "audit.ledger"}),
                IsEmpty());
    EXPECT_THAT(platform::postgres::check_statements(world.product.url(), {"audit.products", "audit.offers"}),
                IsEmpty());
}

TEST(RealBooks, are_read_whole_and_balance) {
    const World& world = fresh_world();
    auto books = world.read();
    EXPECT_EQ(books.orders.size(), 6u);
    EXPECT_EQ(books.history.size(), 22u);
    EXPECT_EQ(books.keys.size(), 6u);
    EXPECT_EQ(books.catalogue.size(), 2u);
    EXPECT_EQ(books.clients->size(), 8u);
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
