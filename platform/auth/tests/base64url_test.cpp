#include "platform/auth/base64url.hpp"

#include <gtest/gtest.h>

namespace platform::auth {
namespace {

TEST(Base64url, spells_the_examples_of_the_rfc_without_padding) {
    EXPECT_EQ(base64url(""), "");
    EXPECT_EQ(base64url("f"), "Zg");
    EXPECT_EQ(base64url("fo"), "Zm8");
    EXPECT_EQ(base64url("foo"), "Zm9v");
    EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64url("\xfb\xff"), "-_8");
}

TEST(Base64url, reads_back_every_length) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(from_base64url(base64url(bytes)), bytes);
        bytes += static_cast<char>(i * 7);
    }
}

TEST(Base64url, refuses_every_other_spelling) {
    for (const char* text :
         {"Zg==", "Zm8=", "Z", "Zm9vY", "Zm 9v", "Zm9v\n", "+/8", "Zh", "Zm9", "Zm\xc3\xa9"})
        EXPECT_EQ(from_base64url(text), std::nullopt) << text;
}

}  // namespace
}  // namespace platform::auth
