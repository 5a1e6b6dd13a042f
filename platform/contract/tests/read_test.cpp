#include <boost/json.hpp>  // First, so that its parse() is in sight of ours.

#include "platform/contract/read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/contract/tests/wire.hpp"

namespace platform::contract {
namespace {

using testing::UnorderedElementsAre;
using wire::PlaceOrder;

template <class T>
Violations faults(std::string_view text, Unknown unknown = Unknown::refuse) {
    auto value = read<T>(parse(text).value(), unknown);
    return value ? Violations{} : value.error();
}

template <class T>
T good(std::string_view text, Unknown unknown = Unknown::refuse) {
    auto value = read<T>(parse(text).value(), unknown);
    if (!value) throw std::runtime_error(summary(value.error()));
    return *value;
}

TEST(Read, fills_every_member) {
    const auto order = good<PlaceOrder>(
        R"({"lines":[{"sku":"AB-12","quantity":3}],"address":"Markt 1","note":"a\nb","speed":"express",
            "weight":{"amount":250,"unit":"g"}})");
    EXPECT_EQ(order, (PlaceOrder{{{{wire::Sku("AB-12"), {3}}}},
                                 {"Markt 1"},
                                 Prose<0, 40>{"a\nb"},
                                 wire::Speed::express,
                                 wire::Weight(250)}));
}

TEST(Read, leaves_absent_optional_members_empty) {
    const auto order = good<PlaceOrder>(R"({"lines":[{"sku":"AB-12","quantity":3}],"address":"x"})");
    EXPECT_FALSE(order.note);
    EXPECT_FALSE(order.speed);
    EXPECT_FALSE(order.weight);
}

TEST(Read, collects_all_violations_with_their_pointers) {
    EXPECT_THAT(faults<PlaceOrder>(R"({"lines":[{"sku":"AB-12","quantity":0},{"quantity":"1","colour":1},7],
                                       "speed":"slow","note":5,"coupon":"x"})"),
                UnorderedElementsAre(
                    Violation{"#/lines/0/quantity", "must be an integer from 1 to 99"},
                    Violation{"#/lines/1/sku", "is required"},
                    Violation{"#/lines/1/quantity", "must be an integer from 1 to 99"},
                    Violation{"#/lines/1/colour", "is not a known member"},
                    Violation{"#/lines/2", "must be an object"}, Violation{"#/address", "is required"},
                    Violation{"#/speed", "must be one of standard, express"},
                    Violation{"#/note", "must be a string"}, Violation{"#/coupon", "is not a known member"}));
}

TEST(Read, points_at_the_document_itself_when_it_has_the_wrong_kind) {
    EXPECT_THAT(faults<PlaceOrder>("[]"), UnorderedElementsAre(Violation{"#", "must be an object"}));
    EXPECT_THAT(faults<std::vector<bool>>("{}"), UnorderedElementsAre(Violation{"#", "must be an array"}));
}

TEST(Read, ignores_unknown_members_where_told_to) {
    EXPECT_TRUE(faults<wire::Empty>(R"({"new":1})", Unknown::ignore).empty());
    EXPECT_THAT(faults<wire::Empty>(R"({"new":1})"),
                UnorderedElementsAre(Violation{"#/new", "is not a known member"}));
}

TEST(Read, takes_null_for_absence_only_in_documents_that_may_carry_unknown_members) {
    const char* text = R"({"lines":[{"sku":"AB-12","quantity":3}],"address":"x","note":null})";
    EXPECT_FALSE(good<PlaceOrder>(text, Unknown::ignore).note);
    EXPECT_THAT(faults<PlaceOrder>(text), UnorderedElementsAre(Violation{"#/note", "must be a string"}));
    EXPECT_THAT(faults<wire::Derived>(R"({"version":null,"flag":true})", Unknown::ignore),
                UnorderedElementsAre(Violation{"#/version",
                                               "must be an integer from -9223372036854775808 to "
                                               "9223372036854775807"}));
}

TEST(Read, words_the_limits_of_a_list) {
    using Few = List<bool, 1, 2>;
    EXPECT_THAT(faults<Few>("[]"), UnorderedElementsAre(Violation{"#", "must have 1 to 2 elements"}));
    EXPECT_THAT(faults<Few>("1"), UnorderedElementsAre(Violation{"#", "must be an array"}));
    EXPECT_EQ(good<Few>("[true,false]").size(), 2U);
    EXPECT_THAT((faults<List<bool, 0, 1>>("[true,true]")),
                UnorderedElementsAre(Violation{"#", "must have at most 1 element"}));
}

TEST(Read, does_not_read_a_list_past_its_limit) {
    EXPECT_THAT((faults<List<bool, 1, 2>>("[1,true,3,4,5]")),
                UnorderedElementsAre(Violation{"#", "must have 1 to 2 elements"},
                                     Violation{"#/0", "must be true or false"}));
}

TEST(Read, bounds_the_number_of_violations) {
    std::string text = "[0";
    for (int i = 0; i < 500; ++i) text += ",0";
    const auto found = faults<std::vector<std::string>>(text + ']');
    ASSERT_EQ(found.size(), violations_max + 1);
    EXPECT_EQ(found[violations_max - 1].pointer, "#/99");
    EXPECT_EQ(found.back(), (Violation{"#", "has further violations that are not listed"}));
}

TEST(Read, escapes_member_names_in_pointers) {
    EXPECT_THAT(faults<wire::Empty>(R"({"a/b~c":1,"d e\n\"":1,"\u00e9":1,"":1})"),
                UnorderedElementsAre(Violation{"#/a~1b~0c", "is not a known member"},
                                     Violation{"#/d%20e%0A%22", "is not a known member"},
                                     Violation{"#/%C3%A9", "is not a known member"},
                                     Violation{"#/", "is not a known member"}));
}

TEST(Read, asks_the_type_behind_another_wire_type) {
    const std::string start = R"({"lines":[{"sku":"AB-12","quantity":3}],"address":"x","weight":)";
    EXPECT_THAT(faults<PlaceOrder>(start + R"({"amount":1,"unit":"kg"}})"),
                UnorderedElementsAre(Violation{"#/weight", "must be in grams"}));
    EXPECT_THAT(faults<PlaceOrder>(start + R"({"amount":-1}})"),
                UnorderedElementsAre(Violation{"#/weight/amount", "must be an integer from 0 to 1000000"},
                                     Violation{"#/weight/unit", "is required"}));
    EXPECT_THAT(faults<wire::Line>(R"({"sku":"A","quantity":1})"),
                UnorderedElementsAre(Violation{"#/sku", "must be a SKU such as AB-12"}));
}

TEST(Read, reads_the_members_of_a_base) {
    const auto value = good<wire::Derived>(R"({"version":4,"flag":true})");
    EXPECT_EQ(value.version, 4);
    EXPECT_TRUE(value.flag);
}

TEST(Read, reads_a_type_that_contains_itself) {
    const auto root = good<wire::Category>(R"({"name":"a","children":[{"name":"b","children":[]}]})");
    EXPECT_EQ(root.children.at(0).name, "b");
}

TEST(FromJson, reads_an_event_and_ignores_what_it_does_not_know) {
    const auto line = from_json<wire::Line>(R"({"sku":"AB-12","quantity":3,"colour":"red"})");
    ASSERT_TRUE(line) << line.error();
    EXPECT_EQ(line->quantity, 3);
}

TEST(FromJson, says_in_one_line_what_is_wrong) {
    EXPECT_EQ(from_json<wire::Line>("{").error(), "unexpected end at byte 1");
    EXPECT_EQ(from_json<wire::Line>(R"({"quantity":0})").error(),
              "#/sku is required; #/quantity must be an integer from 1 to 99");
    EXPECT_EQ(from_json<wire::Empty>(R"({"a":1})", Unknown::refuse).error(), "#/a is not a known member");
}

TEST(FromJson, reads_documents_larger_than_its_scratch_memory) {
    const std::string long_text(100'000, 'x');
    EXPECT_EQ(from_json<std::vector<std::string>>("[\"" + long_text + "\"]")->at(0), long_text);
}

}  // namespace
}  // namespace platform::contract
