#include "platform/contract/write.hpp"

#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

#include <limits>

#include "platform/contract/tests/wire.hpp"

namespace platform::contract {
namespace {

TEST(ToJson, writes_members_in_the_order_of_the_declaration_without_absent_ones) {
    wire::PlaceOrder order;
    order.lines.value = {{wire::Sku("AB-12"), {3}}, {wire::Sku("CD-34"), {1}}};
    order.address.value = "Markt 1";
    order.weight = wire::Weight(250);
    EXPECT_EQ(to_json(order),
              R"({"lines":[{"sku":"AB-12","quantity":3},{"sku":"CD-34","quantity":1}],"address":"Markt 1",)"
              R"("weight":{"amount":250,"unit":"g"}})");
}

TEST(ToJson, needs_no_comma_before_the_first_member_that_is_there) {
    wire::Page<std::int64_t> page;
    EXPECT_EQ(to_json(page), R"({"items":[]})");
    page.next = "n";
    page.items = {1, -2};
    EXPECT_EQ(to_json(page), R"({"items":[1,-2],"next":"n"})");
    EXPECT_EQ(to_json(wire::Empty{}), "{}");
}

TEST(ToJson, writes_the_members_of_a_base_first) {
    wire::Derived value;
    value.version = 7;
    EXPECT_EQ(to_json(value), R"({"version":7,"flag":false})");
}

TEST(ToJson, escapes_what_json_cannot_hold_as_it_is) {
    EXPECT_EQ(to_json(std::string("a\"b\\c\n\r\t\x01/\u00e9😀")), "\"a\\\"b\\\\c\\n\\r\\t\\u0001/\u00e9😀\"");
    EXPECT_EQ(to_json(std::string()), "\"\"");
}

TEST(ToJson, writes_every_scalar) {
    EXPECT_EQ(to_json(true), "true");
    EXPECT_EQ(to_json(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(to_json(std::uint16_t{65535}), "65535");
    EXPECT_EQ(to_json(Int<1, 9>{4}), "4");
    EXPECT_EQ(to_json(wire::Speed::express), "\"express\"");
    EXPECT_EQ(to_json(Text<1, 9>{"t"}), "\"t\"");
    EXPECT_EQ(to_json(Email{"a@b.de"}), "\"a@b.de\"");
    EXPECT_EQ(to_json(Uuid{}), "\"00000000-0000-0000-0000-000000000000\"");
    EXPECT_EQ(to_json(Time{}), "\"1970-01-01T00:00:00.000000Z\"");
}

TEST(ToJson, writes_the_shortest_number_that_reads_back_the_same) {
    EXPECT_EQ(to_json(1.5), "1.5");
    EXPECT_EQ(to_json(0.1), "0.1");
    EXPECT_EQ(to_json(3.0), "3");
    EXPECT_EQ(to_json(1e300), "1e+300");
}

TEST(ToJson, writes_null_for_numbers_that_json_cannot_spell) {
    EXPECT_EQ(to_json(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(to_json(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(ToJson, hands_a_secret_to_the_wire) { EXPECT_EQ(to_json(Secret<1, 9>("token")), "\"token\""); }

TEST(Write, gives_the_value_that_to_json_spells) {
    const wire::Line line{wire::Sku("AB-12"), {3}};
    EXPECT_EQ(write(line), (boost::json::value{{"sku", "AB-12"}, {"quantity", 3}}));
    EXPECT_EQ(boost::json::serialize(write(std::vector<std::string>{"a\n"})), "[\"a\\n\"]");
}

TEST(Write, round_trips_through_read) {
    wire::PlaceOrder order;
    order.lines.value = {{wire::Sku("AB-12"), {3}}};
    order.address.value = "\"Straße\" 7";
    order.note = Prose<0, 40>{"a\n\tb"};
    order.speed = wire::Speed::standard;
    EXPECT_EQ(read<wire::PlaceOrder>(write(order), Unknown::refuse), order);
    EXPECT_EQ(from_json<wire::PlaceOrder>(to_json(order), Unknown::refuse), order);
}

TEST(Write, handles_documents_deeper_than_what_is_accepted) {
    wire::Category root{"0", {}};
    for (int depth = 1; depth < 100; ++depth) root = wire::Category{std::to_string(depth), {root}};
    EXPECT_EQ(write(root).at("name"), "99");
}

}  // namespace
}  // namespace platform::contract
