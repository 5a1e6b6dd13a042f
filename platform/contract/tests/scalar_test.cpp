#include "platform/contract/scalar.hpp"

#include <gtest/gtest.h>
#include <boost/describe/enum.hpp>

#include <limits>
#include <sstream>

#include "platform/contract/read.hpp"

namespace platform::contract {
namespace {

enum class Colour { red, dark_blue };
BOOST_DESCRIBE_ENUM(Colour, red, dark_blue)

template <class T>
std::string text_fault(std::string_view text) {
    const auto value = read_text<T>(text);
    return value ? "accepted" : value.error();
}

template <class T>
std::string json_fault(const boost::json::value& json) {
    const auto value = read<T>(json, Unknown::refuse);
    return value ? "accepted" : value.error().front().detail;
}

TEST(Int, refuses_every_value_that_is_not_an_integer_in_its_range) {
    using Quantity = Int<1, 99>;
    const std::string rule = "must be an integer from 1 to 99";
    for (const boost::json::value& json : std::initializer_list<boost::json::value>{
             0, 100, -1, 1.5, 3.0, 1e300, "1", nullptr, true, std::numeric_limits<double>::infinity(),
             std::numeric_limits<double>::quiet_NaN(), std::uint64_t{1} << 63}) {
        EXPECT_EQ(json_fault<Quantity>(json), rule);
    }
    EXPECT_EQ(json_fault<Quantity>(boost::json::array{}), rule);
    EXPECT_EQ(json_fault<Quantity>(1), "accepted");
    EXPECT_EQ(json_fault<Quantity>(std::uint64_t{99}), "accepted");
}

TEST(Int, refuses_the_first_number_past_64_bits) {
    const std::string rule = "must be an integer from -9223372036854775808 to 9223372036854775807";
    EXPECT_EQ(json_fault<std::int64_t>(*parse("9223372036854775808")), rule);
    EXPECT_EQ(json_fault<std::int64_t>(*parse("-9223372036854775809")), rule);
    EXPECT_EQ(json_fault<std::int64_t>(*parse("99999999999999999999999")), rule);
    EXPECT_EQ(read<std::int64_t>(*parse("9223372036854775807"), Unknown::refuse), 9223372036854775807);
    EXPECT_EQ(read<std::int64_t>(*parse("-9223372036854775808"), Unknown::refuse),
              std::numeric_limits<std::int64_t>::min());
}

TEST(Int, is_read_from_text_as_digits_and_nothing_else) {
    using Limit = Int<1, 100>;
    EXPECT_EQ(read_text<Limit>("20")->value, 20);
    for (const char* text : {"", "0", "101", " 1", "1 ", "+1", "1.0", "1e1", "0x1", "99999999999999999999"}) {
        EXPECT_EQ(text_fault<Limit>(text), "must be an integer from 1 to 100") << text;
    }
}

TEST(Int, compares_as_the_number_it_holds) {
    constexpr Int<1, 99> three{3};
    EXPECT_TRUE(three == 3);
    EXPECT_TRUE((three < Int<1, 99>{4}));
    EXPECT_EQ((Int<5, 9>{}.value), 5);
}

TEST(PlainInteger, keeps_to_the_range_of_its_type) {
    EXPECT_EQ(json_fault<std::uint16_t>(65536), "must be an integer from 0 to 65535");
    EXPECT_EQ(read<std::uint16_t>(65535, Unknown::refuse), 65535);
    EXPECT_EQ(json_fault<int>(std::int64_t{1} << 31), "must be an integer from -2147483648 to 2147483647");
}

TEST(Text, counts_code_points) {
    EXPECT_EQ((text_fault<Text<1, 3>>("äöü")), "accepted");
    EXPECT_EQ((text_fault<Text<1, 3>>("😀😀😀")), "accepted");
    EXPECT_EQ((text_fault<Text<1, 3>>("abcd")), "must have 1 to 3 characters");
    EXPECT_EQ((text_fault<Text<1, 3>>("")), "must have 1 to 3 characters");
    EXPECT_EQ((text_fault<Text<1, 64>>("")), "must have 1 to 64 characters");
}

TEST(Text, words_its_limits) {
    EXPECT_EQ((text_fault<Text<3, 3>>("ab")), "must have exactly 3 characters");
    EXPECT_EQ((text_fault<Text<1, 1>>("ab")), "must have exactly 1 character");
    EXPECT_EQ((text_fault<Text<0, 2>>("abc")), "must have at most 2 characters");
    EXPECT_EQ((text_fault<Text<0, 1>>("ab")), "must have at most 1 character");
}

TEST(Text, refuses_control_characters) {
    for (const std::string& text : {std::string("a\nb"), std::string("a\tb"), std::string("a\0b", 3),
                                    std::string("\x7F"), std::string("\xC2\x85"), std::string("\x1B[2J")}) {
        EXPECT_EQ((text_fault<Text<1, 9>>(text)), "must not contain control characters");
    }
}

TEST(Text, refuses_bytes_that_are_not_utf_8) {
    for (const char* text :
         {"\xFF", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\x80"}) {
        EXPECT_EQ((text_fault<Text<0, 9>>(text)), "must be valid UTF-8");
        EXPECT_EQ(text_fault<std::string>(text), "must be valid UTF-8");
    }
    EXPECT_EQ((text_fault<Text<1, 1>>("\xF4\x8F\xBF\xBF")), "accepted");
}

TEST(Text, is_a_json_string) {
    EXPECT_EQ((json_fault<Text<1, 9>>(1)), "must be a string");
    EXPECT_EQ((json_fault<Text<1, 9>>(nullptr)), "must be a string");
    EXPECT_EQ((read<Text<1, 9>>("abc", Unknown::refuse)->value), "abc");
}

TEST(Prose, allows_line_feeds_and_tabs) {
    EXPECT_EQ((text_fault<Prose<1, 9>>("a\n\tb")), "accepted");
    EXPECT_EQ((text_fault<Prose<1, 9>>("a\r\nb")),
              "must not contain control characters other than line feed and tab");
    EXPECT_EQ((text_fault<Prose<1, 3>>("abcd")), "must have 1 to 3 characters");
}

TEST(PlainString, refuses_only_nul) {
    EXPECT_EQ(text_fault<std::string>("a\nb"), "accepted");
    EXPECT_EQ(text_fault<std::string>(std::string_view("a\0b", 3)), "must not contain NUL");
}

TEST(Token, refuses_what_would_need_escaping) {
    EXPECT_EQ((text_fault<Token<1, 16>>("pm_card.visa:1-A")), "accepted");
    for (const char* text : {"a b", "a/b", "a%20", "\xC3\xA4", "a\n", "a'"}) {
        EXPECT_EQ((text_fault<Token<1, 16>>(text)), "must consist of letters, digits and . _ : -");
    }
    EXPECT_EQ((text_fault<Token<1, 16>>("")), "must have 1 to 16 characters");
    EXPECT_EQ((text_fault<Token<3, 3>>("EURO")), "must have exactly 3 characters");
}

TEST(Secret, does_not_print) {
    const Secret<8, 64> password("correct horse");
    std::ostringstream out;
    out << password;
    EXPECT_EQ(out.str(), "***");
    EXPECT_EQ(password.reveal(), "correct horse");
    EXPECT_EQ(testing::PrintToString(password), "***");
    EXPECT_EQ((text_fault<Secret<8, 64>>("short")), "must have 8 to 64 characters");
}

TEST(Email, accepts_what_can_be_handed_to_a_mail_server) {
    for (const char* text : {"a@b.de", "First.Last+tag@Sub.Example.COM", "o'neil@x-y.example", "1@2.cc"}) {
        EXPECT_EQ(text_fault<Email>(text), "accepted") << text;
    }
    EXPECT_EQ(text_fault<Email>(std::string(64, 'a') + "@example.com"), "accepted");
}

TEST(Email, refuses_the_rest) {
    const std::string long_domain =
        std::string(60, 'b') + '.' + std::string(60, 'c') + '.' + std::string(60, 'd');
    for (const std::string& text : {std::string(""),
                                    std::string("a"),
                                    std::string("@b.de"),
                                    std::string("a@"),
                                    std::string("a@b"),
                                    std::string("a@b..de"),
                                    std::string("a@-b.de"),
                                    std::string("a@b-.de"),
                                    std::string(".a@b.de"),
                                    std::string("a.@b.de"),
                                    std::string("a..b@c.de"),
                                    std::string("a b@c.de"),
                                    std::string("a@b@c.de"),
                                    std::string("a@b.de\n"),
                                    std::string("a\r\nBcc: x@y.de"),
                                    std::string("<a@b.de>"),
                                    std::string("ä@b.de"),
                                    std::string("a@b.de."),
                                    std::string(65, 'a') + "@b.de",
                                    std::string(64, 'a') + '@' + long_domain + ".example"}) {
        EXPECT_EQ(text_fault<Email>(text), "must be an e-mail address of at most 254 characters") << text;
    }
}

TEST(Email, is_kept_as_sent_and_compared_in_lower_case) {
    const auto email = read_text<Email>("Ann@Example.COM");
    EXPECT_EQ(email->value, "Ann@Example.COM");
    EXPECT_EQ(email->normalised(), "ann@example.com");
}

TEST(Enum, is_the_identifier_of_its_enumerator) {
    EXPECT_EQ(read_text<Colour>("dark_blue"), Colour::dark_blue);
    EXPECT_EQ(write_text(Colour::red), "red");
    EXPECT_EQ(text_fault<Colour>("green"), "must be one of red, dark_blue");
    EXPECT_EQ(text_fault<Colour>("RED"), "must be one of red, dark_blue");
    EXPECT_EQ(json_fault<Colour>(0), "must be a string");
}

TEST(EnumDeathTest, ends_the_process_for_a_value_outside_the_enumeration) {
    EXPECT_DEATH(write_text(static_cast<Colour>(7)), "an enumeration holds one of its enumerators");
}

TEST(Ids, are_uuids) {
    using OrderId = Id<struct OrderTag>;
    const char* text = "01890a5d-ac96-774b-bcce-b302099a8057";
    EXPECT_EQ(read_text<Uuid>(text)->text(), text);
    EXPECT_EQ(write_text(*read_text<OrderId>(text)), text);
    EXPECT_EQ(text_fault<OrderId>("7"), "must be a UUID");
    EXPECT_EQ(json_fault<OrderId>(7), "must be a string");
}

TEST(Times, are_rfc_3339) {
    EXPECT_EQ(write_text(*read_text<Time>("2026-01-31T12:00:00Z")), "2026-01-31T12:00:00.000000Z");
    EXPECT_EQ(text_fault<Time>("yesterday"), "must be an RFC 3339 time such as 2026-01-31T12:00:00Z");
}

TEST(Double, is_a_finite_number) {
    EXPECT_EQ(read<double>(3, Unknown::refuse), 3.0);
    EXPECT_EQ(read<double>(1.5, Unknown::refuse), 1.5);
    EXPECT_EQ(read<double>(std::uint64_t{1} << 63, Unknown::refuse), 9223372036854775808.0);
    EXPECT_EQ(json_fault<double>("1"), "must be a number");
    EXPECT_EQ(json_fault<double>(std::numeric_limits<double>::infinity()), "must be a number");
    EXPECT_EQ(json_fault<double>(std::numeric_limits<double>::quiet_NaN()), "must be a number");
    EXPECT_EQ(read_text<double>("0.25"), 0.25);
    for (const char* text : {"", "nan", "inf", "1,5", "1 ", "1e999"}) {
        EXPECT_EQ(text_fault<double>(text), "must be a number") << text;
    }
}

TEST(Bool, is_true_or_false) {
    EXPECT_EQ(read<bool>(true, Unknown::refuse), true);
    EXPECT_EQ(read_text<bool>("false"), false);
    EXPECT_EQ(write_text(true), "true");
    EXPECT_EQ(text_fault<bool>("1"), "must be true or false");
    EXPECT_EQ(json_fault<bool>(1), "must be true or false");
}

}  // namespace
}  // namespace platform::contract
