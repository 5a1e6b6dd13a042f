#include "platform/contract/schema.hpp"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <stdexcept>

#include "platform/contract/tests/wire.hpp"

namespace platform::contract {

namespace elsewhere {
struct Line {
    bool flag;
};
BOOST_DESCRIBE_STRUCT(Line, (), (flag))
struct Renamed {
    static constexpr const char* schema_name() { return "Other"; }
    static constexpr const char* example() { return R"({"flag":true})"; }
    bool flag;
};
BOOST_DESCRIBE_STRUCT(Renamed, (), (flag))
struct BadExample {
    static constexpr const char* example() { return "{"; }
};
BOOST_DESCRIBE_STRUCT(BadExample, (), ())
}  // namespace elsewhere

namespace {

template <class T>
std::string text_of() {
    Components components;
    return boost::json::serialize(schema<T>(components));
}

TEST(Schema, states_the_rule_of_every_scalar) {
    EXPECT_EQ((text_of<Int<1, 99>>()), R"({"type":"integer","minimum":1,"maximum":99})");
    EXPECT_EQ(
        (text_of<Text<1, 64>>()),
        R"({"type":"string","minLength":1,"maxLength":64,"pattern":"^[^\\u0000-\\u001F\\u007F-\\u009F]*$"})");
    EXPECT_EQ(
        (text_of<Prose<0, 9>>()),
        R"({"type":"string","maxLength":9,"pattern":"^[^\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F]*$"})");
    EXPECT_EQ((text_of<Token<2, 3>>()),
              R"({"type":"string","minLength":2,"maxLength":3,"pattern":"^[A-Za-z0-9._:-]*$"})");
    EXPECT_EQ(
        (text_of<Secret<8, 64>>()),
        R"({"type":"string","minLength":8,"maxLength":64,"pattern":"^[^\\u0000-\\u001F\\u007F-\\u009F]*$",)"
        R"("format":"password"})");
    EXPECT_EQ(text_of<Email>(), R"({"type":"string","minLength":3,"maxLength":254,"format":"email"})");
    EXPECT_EQ(text_of<wire::Speed>(), R"({"type":"string","enum":["standard","express"]})");
    EXPECT_EQ(text_of<Uuid>(), R"({"type":"string","format":"uuid"})");
    EXPECT_EQ(text_of<Id<struct Tag>>(), R"({"type":"string","format":"uuid"})");
    EXPECT_EQ(text_of<Time>(), R"({"type":"string","format":"date-time"})");
    EXPECT_EQ(text_of<std::string>(), R"({"type":"string"})");
    EXPECT_EQ(text_of<bool>(), R"({"type":"boolean"})");
    EXPECT_EQ(text_of<double>(), R"({"type":"number"})");
    EXPECT_EQ(text_of<std::uint16_t>(), R"({"type":"integer","minimum":0,"maximum":65535})");
    EXPECT_EQ(text_of<wire::Sku>(),
              R"({"type":"string","minLength":5,"maxLength":5,"pattern":"^[A-Z]{2}-[0-9]{2}$"})");
}

TEST(Schema, states_the_limits_of_arrays) {
    EXPECT_EQ((text_of<List<bool, 1, 50>>()),
              R"({"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":50})");
    EXPECT_EQ((text_of<List<bool, 0, 5>>()), R"({"type":"array","items":{"type":"boolean"},"maxItems":5})");
    EXPECT_EQ(text_of<std::vector<bool>>(), R"({"type":"array","items":{"type":"boolean"}})");
}

TEST(Schema, refers_to_described_structs_as_components) {
    Components components;
    EXPECT_EQ(boost::json::serialize(schema<wire::PlaceOrder>(components, Unknown::refuse)),
              R"({"$ref":"#/components/schemas/PlaceOrder"})");
    const boost::json::object& all = components.schemas();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(boost::json::serialize(all.at("Line")),
              R"({"type":"object","properties":{"sku":{"type":"string","minLength":5,"maxLength":5,)"
              R"("pattern":"^[A-Z]{2}-[0-9]{2}$"},"quantity":{"type":"integer","minimum":1,"maximum":99}},)"
              R"("required":["sku","quantity"],"additionalProperties":false})");
    const boost::json::object& order = all.at("PlaceOrder").as_object();
    EXPECT_EQ(order.at("required"), (boost::json::array{"lines", "address"}));
    EXPECT_EQ(order.at("description"), "A basket to be bought.");
    EXPECT_EQ(order.at("properties").at("lines").at("items").at("$ref"), "#/components/schemas/Line");
    EXPECT_EQ(order.at("properties").at("weight").at("$ref"), "#/components/schemas/WeightOnTheWire");
}

TEST(Schema, leaves_answers_and_events_open_to_new_members) {
    Components components;
    schema<wire::PlaceOrder>(components);
    EXPECT_FALSE(components.schemas().at("PlaceOrder").as_object().contains("additionalProperties"));
    EXPECT_FALSE(components.schemas().at("Line").as_object().contains("additionalProperties"));
}

TEST(Schema, closes_a_type_that_any_request_uses_with_all_its_parts) {
    Components components;
    schema<wire::PlaceOrder>(components, Unknown::ignore);
    schema<wire::PlaceOrder>(components, Unknown::refuse);
    schema<wire::PlaceOrder>(components, Unknown::ignore);
    for (const char* name : {"PlaceOrder", "Line", "WeightOnTheWire"}) {
        EXPECT_EQ(components.schemas().at(name).at("additionalProperties"), false) << name;
    }
}

TEST(Schema, describes_a_type_that_contains_itself) {
    Components components;
    schema<wire::Category>(components);
    EXPECT_EQ(components.schemas().at("Category").at("properties").at("children").at("items").at("$ref"),
              "#/components/schemas/Category");
}

TEST(Schema, describes_a_struct_without_members) {
    Components components;
    schema<wire::Empty>(components, Unknown::refuse);
    EXPECT_EQ(boost::json::serialize(components.schemas()),
              R"({"Empty":{"type":"object","properties":{},"additionalProperties":false}})");
}

TEST(Schema, names_instances_of_templates_readably) {
    Components components;
    schema<wire::Page<wire::Line>>(components);
    EXPECT_TRUE(components.schemas().contains("PageOfLine"));
    EXPECT_EQ(component_name("a::Pair<b::X, c::Y<d::Z>>"), "PairOfXAndYOfZ");
    EXPECT_EQ(component_name("a::(anonymous namespace)::X"), "X");
}

TEST(Schema, refuses_two_types_of_one_name) {
    Components components;
    schema<wire::Line>(components);
    try {
        schema<elsewhere::Line>(components);
        FAIL() << "accepted";
    } catch (const std::logic_error& error) {
        EXPECT_STREQ(error.what(),
                     "one document names two types Line: platform::contract::wire::Line and "
                     "platform::contract::elsewhere::Line; give one of them a schema_name()");
    }
}

TEST(Schema, uses_the_name_and_the_example_that_a_type_gives) {
    Components components;
    schema<elsewhere::Renamed>(components);
    EXPECT_EQ(boost::json::serialize(components.schemas().at("Other").at("examples")), R"([{"flag":true}])");
    EXPECT_THROW(schema<elsewhere::BadExample>(components), std::logic_error);
}

}  // namespace
}  // namespace platform::contract
