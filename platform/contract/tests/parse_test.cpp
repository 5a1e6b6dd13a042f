#include "platform/contract/parse.hpp"

#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>

namespace platform::contract {
namespace {

std::string error_of(std::string_view text) {
    const auto value = parse(text);
    return value ? "accepted: " + boost::json::serialize(*value) : value.error();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Parse, accepts_every_kind_of_value) {
    const auto value = parse(R"( {"a":[1,-2,1.5,true,false,null,"x\u00e9\n"],"b":{}} )");
    ASSERT_TRUE(value) << value.error();
    EXPECT_EQ(boost::json::serialize(*value), "{\"a\":[1,-2,1.5E0,true,false,null,\"x\u00e9\\n\"],\"b\":{}}");
}

TEST(Parse, accepts_a_scalar_document) {
    EXPECT_TRUE(parse("7"));
    EXPECT_TRUE(parse("\"x\""));
}

TEST(Parse, names_the_byte_where_the_text_stops_being_json) {
    EXPECT_EQ(error_of(R"({"a":1,})"), "not JSON at byte 7");
    EXPECT_EQ(error_of("{'a':1}"), "not JSON at byte 1");
    EXPECT_EQ(error_of("[01]"), "not JSON at byte 2");
    EXPECT_EQ(error_of("[1,]"), "not JSON at byte 3");
    EXPECT_EQ(error_of("[NaN]"), "not JSON at byte 1");
    EXPECT_EQ(error_of("// note\n1"), "not JSON at byte 0");
    EXPECT_EQ(error_of("\xEF\xBB\xBF{}"), "not JSON at byte 0");
    EXPECT_EQ(error_of("[\"a\nb\"]"), "not JSON at byte 3");
}

TEST(Parse, refuses_an_unfinished_document) {
    EXPECT_EQ(error_of(""), "unexpected end at byte 0");
    EXPECT_EQ(error_of(R"({"a":)"), "unexpected end at byte 5");
    EXPECT_EQ(error_of(R"(["ab)"), "unexpected end at byte 4");
}

TEST(Parse, refuses_text_after_the_document) {
    EXPECT_EQ(error_of("{} {}"), "text after the document at byte 3");
    EXPECT_EQ(error_of("1 x"), "text after the document at byte 2");
    EXPECT_EQ(error_of(std::string_view("{}\0", 3)), "text after the document at byte 2");
}

TEST(Parse, refuses_more_than_32_levels) {
    EXPECT_TRUE(parse(nested(32)));
    EXPECT_EQ(error_of(nested(33)), "nested deeper than 32 levels at byte 32");
    EXPECT_EQ(error_of(std::string(100'000, '[')), "nested deeper than 32 levels at byte 32");
}

TEST(Parse, refuses_a_repeated_member_at_any_level) {
    EXPECT_EQ(error_of(R"({"a":1,"b":2,"a":3})"), "repeated member \"a\" at byte 15");
    EXPECT_EQ(error_of(R"([{"x":{"k":1,"k":1}}])"), "repeated member \"k\" at byte 15");
}

TEST(Parse, sees_through_escapes_when_it_compares_members) {
    EXPECT_TRUE(error_of(R"({"ab":1,"\u0061b":2})").starts_with("repeated member \"ab\" at byte"));
}

TEST(Parse, lets_one_name_stand_in_different_objects) {
    EXPECT_TRUE(parse(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"));
}

TEST(Parse, finds_a_repeated_member_among_thousands) {
    std::string text = "{";
    for (int i = 0; i < 5000; ++i) text += "\"m" + std::to_string(i) + "\":0,";
    EXPECT_TRUE(parse(text + "\"last\":0}"));
    EXPECT_TRUE(error_of(text + "\"m7\":0}").starts_with("repeated member \"m7\" at byte"));
}

TEST(Parse, refuses_numbers_that_no_double_holds) {
    EXPECT_EQ(error_of("[1e400]"), "number out of range at byte 6");
    EXPECT_EQ(error_of("[-1e400]"), "number out of range at byte 7");
    EXPECT_TRUE(error_of("[1e99999999999]").starts_with("number out of range at byte"));
    EXPECT_TRUE(parse("[1e308]"));
}

TEST(Parse, refuses_bytes_that_are_not_utf_8) {
    EXPECT_EQ(error_of("[\"\xFF\"]"), "not valid UTF-8 at byte 2");
    EXPECT_EQ(error_of("[\"a\xC3\"]"), "not valid UTF-8 at byte 3");
    EXPECT_EQ(error_of("[\"\xC0\x80\"]"), "not valid UTF-8 at byte 2");
    EXPECT_EQ(error_of("[\"\xED\xA0\x80\"]"), "not valid UTF-8 at byte 2");
}

TEST(Parse, refuses_half_of_a_surrogate_pair) {
    EXPECT_EQ(error_of(R"(["\udc00"])"), "half of a surrogate pair at byte 8");
    EXPECT_EQ(error_of(R"(["\ud800\u0041"])"), "half of a surrogate pair at byte 10");
    EXPECT_EQ(error_of(R"(["\ud800"])"), "not JSON at byte 8");
    EXPECT_TRUE(parse(R"(["\ud83d\ude00"])"));
}

TEST(Parse, fills_the_storage_it_is_given) {
    const ScratchStorage scratch;
    const auto value = parse(R"({"a":["b"]})", scratch.storage());
    ASSERT_TRUE(value);
    EXPECT_EQ(value->storage(), scratch.storage());
}

}  // namespace
}  // namespace platform::contract
