#include "tools/payment-provider/form.hpp"

#include <gtest/gtest.h>

namespace shop::provider {
namespace {

TEST(Form, reads_names_values_and_nesting) {
    const auto form =
        parse_form("amount=500&metadata%5Border_id%5D=a%20b&metadata[n]=c+d&empty=&bare&&x=1=2");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->find("amount"), "500");
    EXPECT_EQ(form->find("empty"), "");
    EXPECT_EQ(form->find("bare"), "");
    EXPECT_EQ(form->find("x"), "1=2");
    EXPECT_EQ(form->find("absent"), std::nullopt);
    EXPECT_EQ(form->nested("metadata"), (Fields{{"order_id", "a b"}, {"n", "c d"}}));
    EXPECT_TRUE(form->nested("meta").empty());
    EXPECT_TRUE(parse_form("")->fields.empty());
}

TEST(Form, refuses_broken_escapes_and_what_is_not_utf8) {
    for (const auto* text : {"a=%", "a=%4", "a=%zz", "a=%-1", "%g0=1", "a=%ff", "a=%c3", "a=%c0%80",
                             "a=%ed%a0%80", "a=%f5%80%80%80", "a=%80", "a=%e0%80%80"})
        EXPECT_FALSE(parse_form(text)) << text;
    EXPECT_EQ(parse_form("a=%c3%bc%e2%82%ac%f0%9f%8d%8e")->find("a"), "\u00fc\u20ac\U0001F34E");
}

TEST(Form, a_fingerprint_depends_on_endpoint_names_and_values_alone) {
    const auto print = [](std::string_view endpoint, std::string_view text) {
        return fingerprint(endpoint, *parse_form(text));
    };
    EXPECT_EQ(print("create", "a=1&b=2"), print("create", "b=2&a=1"));
    EXPECT_NE(print("create", "a=1&b=2"), print("confirm", "a=1&b=2"));
    EXPECT_NE(print("create", "a=1&b=2"), print("create", "a=1&b=3"));
    EXPECT_NE(print("create", "ab=c"), print("create", "a=bc"));
}

}  // namespace
}  // namespace shop::provider
