#include "platform/config/settings.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace platform::config {
namespace {

template <class T>
std::string fault(std::string_view text) {
    const auto value = contract::read_text<T>(text);
    return value ? "accepted" : value.error();
}

TEST(Limit, is_a_number_in_its_range) {
    constexpr Limit<1, 100> limit = 16;
    static_assert(limit == 16);
    EXPECT_EQ((fault<Limit<1, 100>>("100")), "accepted");
    for (const char* text : {"0", "101", "x", "", "5 ", "1.5"}) {
        EXPECT_EQ((fault<Limit<1, 100>>(text)), "must be an integer from 1 to 100") << text;
    }
}

TEST(LimitDeathTest, ends_the_process_when_the_code_breaks_it) {
    EXPECT_DEATH((Limit<1, 100>(0)), "a limit lies in the range of its type");
}

TEST(Required, holds_what_it_was_given) {
    Required<std::string> name = "x";
    name = std::string("abc");
    EXPECT_EQ(*name, "abc");
    EXPECT_EQ(name->size(), 3U);
    const std::string& text = name;
    EXPECT_EQ(text, "abc");
    EXPECT_EQ((std::int64_t{*Required<Limit<1, 9>>(5)}), 5);
}

TEST(RequiredDeathTest, ends_the_process_when_it_was_never_given) {
    EXPECT_DEATH(*Required<std::string>(), "a required setting was loaded before it is read");
}

TEST(Secret, does_not_print) {
    std::ostringstream out;
    out << Secret("hunter2");
    EXPECT_EQ(out.str(), "***");
    EXPECT_EQ(masked(Secret("hunter2")), "***");
    EXPECT_EQ(masked(Secret()), "");
    EXPECT_EQ(fault<Secret>(std::string_view("a\0b", 3)), "must not contain NUL");
}

TEST(Url, needs_one_of_its_schemes) {
    EXPECT_EQ(fault<HttpUrl>("https://shop.example:8443/path"), "accepted");
    EXPECT_EQ(fault<AmqpUrl>("amqp://guest:guest@127.0.0.1:5672/%2f"), "accepted");
    EXPECT_EQ(fault<RedisUrl>("redis://127.0.0.1:6379"), "accepted");
    EXPECT_EQ(fault<Url>("file://host/path"), "accepted");
    EXPECT_EQ(fault<HttpUrl>("ftp://shop.example"), "must be a URL that begins with http:// or https://");
    for (const char* text :
         {"", "shop.example", "http:/x", "http//x", "http://a b", "postgres://u:p/w@h/d"}) {
        EXPECT_EQ(fault<HttpUrl>(text), "must be a URL that begins with http:// or https://") << text;
    }
    EXPECT_EQ(fault<Url>("nothing"), "must be a URL");
}

TEST(Url, names_a_host_unless_it_is_a_database_behind_a_socket) {
    EXPECT_EQ(fault<HttpUrl>("http://:80"), "must be a URL that names a host");
    EXPECT_EQ(fault<PostgresUrl>("postgresql://user@/db?host=/run/postgresql"), "accepted");
    EXPECT_EQ(fault<PostgresUrl>("postgres://user:secret@db.example:5432/order_db"), "accepted");
}

TEST(Url, has_a_port_that_exists) {
    EXPECT_EQ(fault<HttpUrl>("http://h:0"), "must be a URL with a port from 1 to 65535");
    EXPECT_EQ(fault<HttpUrl>("http://h:65536"), "must be a URL with a port from 1 to 65535");
    EXPECT_EQ(fault<HttpUrl>("http://h:65535"), "accepted");
}

TEST(Url, shows_no_password) {
    EXPECT_EQ(without_secrets("postgresql://user:hunter2@db:5432/order_db"),
              "postgresql://user:***@db:5432/order_db");
    EXPECT_EQ(without_secrets("postgresql://db/x?password=hunter2&sslmode=require&sslkey=a"),
              "postgresql://db/x?password=***&sslmode=require&sslkey=***");
    EXPECT_EQ(without_secrets("http://shop.example/path"), "http://shop.example/path");
    EXPECT_EQ(without_secrets("user:hunter2 is no url"), "***");
    std::ostringstream out;
    out << PostgresUrl("postgresql://user:hunter2@db/x");
    EXPECT_EQ(out.str(), "postgresql://user:***@db/x");
}

TEST(UrlDeathTest, ends_the_process_when_the_code_breaks_it) {
    EXPECT_DEATH(HttpUrl("nonsense"), "a URL in the code is well-formed");
}

}  // namespace
}  // namespace platform::config
