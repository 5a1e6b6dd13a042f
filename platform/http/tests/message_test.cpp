#include "platform/http/message.hpp"

#include <gtest/gtest.h>

#include "platform/http/problem.hpp"
#include "platform/http/target.hpp"
#include "platform/http/wire.hpp"

namespace platform::http {
namespace {

using Segments = std::vector<std::string>;

TEST(Headers, are_found_whatever_their_case) {
    const Headers headers{{"Content-Type", "a"}, {"x", "1"}, {"X", "2"}};
    EXPECT_EQ(headers.find("content-TYPE"), "a");
    EXPECT_EQ(headers.find("x"), "1");
    EXPECT_EQ(headers.count("x"), 2U);
    EXPECT_FALSE(headers.find("Content-Typ"));
    EXPECT_EQ(headers[2].value, "2");
}

TEST(Target, decodes_segments) {
    EXPECT_EQ(path_segments("/"), Segments{""});
    EXPECT_EQ(path_segments("/a/b%20c/%C3%A9"), (Segments{"a", "b c", "\u00e9"}));
    EXPECT_EQ(path_segments("/a//b/"), (Segments{"a", "", "b", ""}));
    EXPECT_EQ(path_segments("/a+b"), Segments{"a+b"});
}

TEST(Target, refuses_paths_that_somebody_else_might_read_differently) {
    for (const auto* path : {"", "a", "/%", "/%2", "/%zz", "/a%2Fb", "/a%5cb", "/.", "/..", "/a/../b",
                             "/%2e%2E", "/%00", "/a%0d%0a", "/a%7f"})
        EXPECT_FALSE(path_segments(path)) << path;
}

TEST(Target, decodes_parameters_in_their_order) {
    const contract::Parameters expected{{"a", "1 2"}, {"a", ""}, {"b", "&="}, {"c", "x=y"}};
    EXPECT_EQ(query_parameters("a=1+2&a&&b=%26%3D&c=x=y"), expected);
    EXPECT_EQ(query_parameters(""), contract::Parameters{});
    for (const auto* query : {"a=%", "%g1=b", "a=%00"}) EXPECT_FALSE(query_parameters(query)) << query;
}

TEST(Target, encoding_is_undone_by_decoding) {
    const std::string text = "a/b?c d&\u20ac%~";
    EXPECT_EQ(path_segments("/x"), Segments{"x"});
    EXPECT_EQ(query_parameters("q=" + percent_encode(text)), (contract::Parameters{{"q", text}}));
}

TEST(ProblemResponse, is_problem_json) {
    const auto response = problem_response({409, "order-not-cancellable", "Too late"}, "trace", "because",
                                           {{"#/a", "must be b"}}, std::chrono::seconds{3});
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(response.body, R"({"type":"/problems/order-not-cancellable","title":"Too late","status":409,)"
                             R"("detail":"because","instance":"trace",)"
                             R"("errors":[{"pointer":"#/a","detail":"must be b"}]})");
    EXPECT_EQ(response.headers.at(0).second, "3");
}

std::string bytes(const Response& response, const Framing& framing) {
    std::string out;
    append_response(out, response, framing);
    return out;
}

TEST(AppendResponse, frames_the_body) {
    const auto text = bytes({.status = 200, .body = "{}"}, {.request_id = "id"});
    EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << text;
    EXPECT_NE(text.find("\r\nContent-Length: 2\r\n"), std::string::npos);
    EXPECT_NE(text.find("\r\nX-Request-ID: id\r\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\r\n\r\n{}"));
    EXPECT_EQ(text.find("Connection"), std::string::npos);
}

TEST(AppendResponse, sends_no_body_where_none_may_be) {
    const auto head = bytes({.status = 200, .body = "{}"}, {.head = true});
    EXPECT_NE(head.find("Content-Length: 2\r\n"), std::string::npos);
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
    const auto empty = bytes({.status = 204, .body = "ignored"}, {});
    EXPECT_EQ(empty.find("Content-"), empty.find("Content-Type-Options")) << empty;
    EXPECT_TRUE(empty.ends_with("\r\n\r\n"));
}

TEST(AppendResponse, lets_no_value_add_a_field) {
    const auto text = bytes({.headers = {{"Location", "/a\r\nSet-Cookie: evil"}}}, {});
    EXPECT_NE(text.find("Location: /a  Set-Cookie: evil\r\n"), std::string::npos);
}

TEST(AppendResponse, says_when_the_connection_ends) {
    EXPECT_NE(bytes({}, {.keep_alive = false}).find("Connection: close\r\n"), std::string::npos);
    EXPECT_NE(bytes({}, {.http_1_0 = true}).find("Connection: keep-alive\r\n"), std::string::npos);
}

}  // namespace
}  // namespace platform::http
