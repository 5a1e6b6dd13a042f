#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "platform/base/ids.hpp"
#include "tools/audit/read_clients.hpp"
#include "tools/audit/read_provider.hpp"
#include "tools/payment-provider/effect.hpp"

namespace shop::audit {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr Time noon{std::chrono::hours(500'000)};

/// A file of this test's own.
class FileTest : public testing::Test {
  protected:
    ~FileTest() override {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    void append(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }

    /// A charge of an order made `number` seconds after noon.
    void charge(std::int64_t sequence, int number) const {
        provider::Effect effect{.sequence = sequence, .event = provider::Event::charged, .currency = "eur"};
        effect.time = noon + number * 1s;
        effect.order_id = Span{.from = effect.time}.first().text();
        effect.amount = number;
        append(provider::to_line(effect));
    }

    const std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                        ("shop-audit-" + platform::RandomIds().next().text() + ".jsonl");
};

using Tail = FileTest;
using Clients = FileTest;

TEST_F(Tail, follows_the_log_and_finds_the_movements_of_a_span) {
    charge(1, 1);
    ProviderTail tail(path_.string());
    tail.advance();
    charge(2, 2);
    append(R"({"sequence":3,)");
    tail.advance();
    Names names;
    const auto log = tail.slice({noon + 2s, noon + 3s}, names);
    ASSERT_EQ(log.moves.size(), 1u);
    EXPECT_EQ(log.moves[0].amount, 2);
    EXPECT_EQ(names.text(log.moves[0].currency), "EUR");
    EXPECT_EQ(tail.slice({}, names).moves.size(), 2u);
    EXPECT_THAT(tail.damage(), testing::IsEmpty());
}

TEST_F(Tail, tells_what_is_damaged) {
    charge(1, 1);
    charge(3, 2);
    append("what\n");
    charge(5, 3);
    ProviderTail tail(path_.string());
    tail.advance();
    EXPECT_THAT(tail.damage(), testing::ElementsAre("sequence 3 where 2 should be", HasSubstr("not a line")));
}

TEST_F(Tail, forgets_the_oldest_orders_and_says_since_when_it_knows_all) {
    for (int number = 1; number <= 9; ++number) charge(number, number);
    ProviderTail tail(path_.string(), {.movements_max = 4});
    tail.advance();
    Names names;
    EXPECT_EQ(tail.slice({}, names).moves.size(), 4u);
    EXPECT_GT(tail.complete_since(), noon + 5s);
    EXPECT_LT(tail.complete_since(), noon + 6s);
}

TEST_F(Tail, begins_a_long_log_near_its_end) {
    for (int number = 1; number <= 100; ++number) charge(number, number);
    ProviderTail tail(path_.string(), {.bytes_max = 2'000});
    tail.advance();
    Names names;
    const auto moves = tail.slice({}, names).moves;
    EXPECT_THAT(moves.size(), testing::AllOf(testing::Gt(3u), testing::Lt(20u)));
    EXPECT_THAT(tail.damage(), testing::IsEmpty());
    EXPECT_EQ(tail.complete_since(), moves.front().at);
}

TEST_F(Tail, of_a_log_that_is_not_there_is_an_error) {
    EXPECT_THAT([&] { ProviderTail tail(path_.string()); },
                ThrowsMessage<std::runtime_error>(HasSubstr("cannot read the provider's log")));
}

const std::string user = "01a204eb-1958-7000-8291-8233ce89a48b",
                  order = "01a204eb-1958-7000-8291-8233ce89a48c";

std::string line(int operation, std::string_view kind, std::string_view phase, std::string_view more = "") {
    return R"({"at":"2026-11-22T18:00:00.123Z","op":)" + std::to_string(operation) + R"(,"kind":")" +
           std::string(kind) + R"(","phase":")" + std::string(phase) + R"(","user":")" + user +
           R"(","key":"k")" + std::string(more) + "}\n";
}

TEST_F(Clients, are_read_by_operation) {
    using Operation = ClientOperation;
    append(line(1, "place", "invoke"));
    append(line(2, "cancel", "invoke", R"(,"order":")" + order + "\""));
    append(line(1, "place", "ok", R"(,"order":")" + order + R"(","status":202,"outcome":"confirmed")"));
    append(line(2, "cancel", "fail", R"(,"status":409)"));
    append(line(3, "place", "invoke"));
    append(line(3, "place", "info"));
    append(R"({"at":"2026)");
    const auto operations = read_clients(path_.string());
    ASSERT_EQ(operations.size(), 3u);
    EXPECT_EQ(operations[0].result, Operation::Result::done);
    EXPECT_EQ(operations[0].orders.at(0).text(), order);
    EXPECT_EQ(operations[0].outcome, OrderStatus::confirmed);
    EXPECT_EQ(operations[0].key, "k");
    EXPECT_EQ(operations[1].kind, Operation::Kind::cancel);
    EXPECT_EQ(operations[1].result, Operation::Result::refused);
    EXPECT_EQ(operations[1].orders.at(0).text(), order);
    EXPECT_EQ(operations[2].result, Operation::Result::unknown);
    EXPECT_THAT(operations[2].orders, testing::IsEmpty());
}

TEST_F(Clients, lines_that_are_wrong_are_named) {
    const std::pair<std::string, const char*> wrong[] = {
        {"what\n", ""},
        {line(1, "sell", "invoke"), "'kind' must be place or cancel, not 'sell'"},
        {line(1, "place", "perhaps"), "'phase' must be invoke, ok, fail or info, not 'perhaps'"},
        {line(1, "place", "ok", R"(,"order":"7")"), "'order' is not an id"},
        {line(1, "place", "ok", R"(,"outcome":"lost")"), "'outcome' is no status of an order: 'lost'"},
        {line(0, "cancel", "invoke"), "operation 0 was another one before"}};
    for (const auto& [text, why] : wrong) {
        std::ofstream(path_) << line(0, "place", "invoke") << text;
        EXPECT_THAT([&] { read_clients(path_.string()); }, ThrowsMessage<std::runtime_error>(testing::AllOf(
                                                               HasSubstr(", line 2: "), HasSubstr(why))))
            << text;
    }
    EXPECT_THAT([] { read_clients("/nowhere"); },
                ThrowsMessage<std::runtime_error>("cannot read the client history /nowhere"));
}

}  // namespace
}  // namespace shop::audit
