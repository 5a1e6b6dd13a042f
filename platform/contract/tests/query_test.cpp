#include "platform/contract/query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/describe/class.hpp>
#include <boost/json/serialize.hpp>

#include "platform/contract/tests/wire.hpp"

namespace platform::contract {
namespace {

using testing::UnorderedElementsAre;

struct Search {
    Text<1, 100> words;
    Int<1, 100> limit{20};
    std::optional<Token<1, 64>> after;
    std::optional<wire::Speed> speed;
    bool descending = false;
};
BOOST_DESCRIBE_STRUCT(Search, (), (words, limit, after, speed, descending))

struct Owned {
    Id<struct OwnerTag> owner;
    Uuid batch;
    Time since;
};
BOOST_DESCRIBE_STRUCT(Owned, (), (owner, batch, since))

TEST(Query, reads_every_parameter) {
    const auto search = read_query<Search>({{"limit", "5"},
                                            {"words", "red  shirt"},
                                            {"after", "abc"},
                                            {"speed", "express"},
                                            {"descending", "true"}});
    ASSERT_TRUE(search);
    EXPECT_EQ(search->words.value, "red  shirt");
    EXPECT_EQ(search->limit, 5);
    EXPECT_EQ(search->after->value, "abc");
    EXPECT_EQ(search->speed, wire::Speed::express);
    EXPECT_TRUE(search->descending);
}

TEST(Query, keeps_defaults_for_absent_parameters) {
    const auto search = read_query<Search>({{"words", "x"}});
    ASSERT_TRUE(search);
    EXPECT_EQ(search->limit, 20);
    EXPECT_FALSE(search->after);
    EXPECT_FALSE(search->descending);
}

TEST(Query, collects_all_violations_under_the_names_of_the_parameters) {
    EXPECT_THAT(read_query<Search>({{"limit", "0"}, {"after", ""}, {"speed", "slow"}, {"page", "2"}}).error(),
                UnorderedElementsAre(Violation{"words", "is required"},
                                     Violation{"limit", "must be an integer from 1 to 100"},
                                     Violation{"after", "must have 1 to 64 characters"},
                                     Violation{"speed", "must be one of standard, express"},
                                     Violation{"page", "is not a known parameter"}));
}

TEST(Query, refuses_a_repeated_parameter_even_with_the_same_value) {
    EXPECT_THAT(read_query<Search>({{"words", "x"}, {"limit", "5"}, {"limit", "5"}}).error(),
                UnorderedElementsAre(Violation{"limit", "is given more than once"}));
}

TEST(Query, refuses_percent_decoded_bytes_that_are_not_utf_8) {
    EXPECT_THAT(read_query<Search>({{"words", "\xFF"}}).error(),
                UnorderedElementsAre(Violation{"words", "must be valid UTF-8"}));
}

TEST(Query, requires_what_has_no_sensible_default) {
    EXPECT_THAT(read_query<Owned>({}).error(),
                UnorderedElementsAre(Violation{"owner", "is required"}, Violation{"batch", "is required"},
                                     Violation{"since", "is required"}));
}

TEST(Query, bounds_the_number_of_violations) {
    EXPECT_EQ(read_query<wire::Empty>(Parameters(5000, {"x", ""})).error().size(), violations_max);
}

TEST(Query, describes_its_parameters_for_openapi) {
    const boost::json::array parameters = query_parameters<Search>();
    ASSERT_EQ(parameters.size(), 5U);
    EXPECT_EQ(boost::json::serialize(parameters[1]),
              R"({"name":"limit","in":"query","required":false,)"
              R"("schema":{"type":"integer","minimum":1,"maximum":100,"default":20}})");
    EXPECT_EQ(parameters[0].at("required"), true);
    EXPECT_FALSE(parameters[0].at("schema").as_object().contains("default"));
    EXPECT_EQ(parameters[2].at("required"), false);
    EXPECT_EQ(parameters[4].at("schema").at("default"), false);
    EXPECT_TRUE(query_parameters<wire::Empty>().empty());
}

}  // namespace
}  // namespace platform::contract
