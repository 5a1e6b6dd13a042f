#include "tools/load/response_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace shop::load {
namespace {

using State = ResponseReader::State;

constexpr std::string_view accepted =
    "HTTP/1.1 202 Accepted\r\ncontent-LENGTH: 5\r\nLocation: /api/v1/orders/x \r\n\r\nhello";

/// Hands the text over in pieces of that many bytes.
State feed(ResponseReader& reader, std::string_view text, std::size_t piece) {
    auto state = State::more;
    while (!text.empty() && state == State::more) {
        const auto room = reader.room();
        const auto bytes = std::min({piece, text.size(), room.size()});
        std::copy_n(text.begin(), bytes, room.begin());
        text.remove_prefix(bytes);
        state = reader.took(bytes);
    }
    return state;
}

TEST(ResponseReader, reads_an_answer_in_pieces_of_any_size) {
    for (std::size_t piece = 1; piece <= accepted.size(); ++piece) {
        ResponseReader reader;
        reader.begin();
        ASSERT_EQ(feed(reader, accepted, piece), State::complete) << piece;
        EXPECT_EQ(reader.answer().status, 202);
        EXPECT_EQ(reader.answer().location, "/api/v1/orders/x");
        EXPECT_TRUE(reader.answer().keep_alive);
        EXPECT_FALSE(reader.answer().retry_after);
    }
}

TEST(ResponseReader, waits_for_the_whole_body) {
    ResponseReader reader;
    EXPECT_EQ(feed(reader, accepted.substr(0, accepted.size() - 1), 1000), State::more);
    EXPECT_EQ(feed(reader, "o", 1000), State::complete);
}

TEST(ResponseReader, needs_no_body) {
    ResponseReader reader;
    EXPECT_EQ(feed(reader, "HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n", 7), State::complete);
    EXPECT_EQ(feed(reader, "", 1), State::more);
}

TEST(ResponseReader, counts_bodies_larger_than_its_buffer) {
    ResponseReader reader;
    const std::string body(100'000, 'x');
    EXPECT_EQ(feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body, 4096),
              State::complete);
}

TEST(ResponseReader, forgets_the_former_answer) {
    ResponseReader reader;
    ASSERT_EQ(feed(reader, accepted, 1000), State::complete);
    reader.begin();
    ASSERT_EQ(feed(reader, "HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nConnection: Close\r\n\r\n", 1000),
              State::complete);
    EXPECT_EQ(reader.answer().status, 503);
    EXPECT_EQ(reader.answer().location, "");
    EXPECT_EQ(reader.answer().retry_after, std::chrono::seconds(3));
    EXPECT_FALSE(reader.answer().keep_alive);
}

TEST(ResponseReader, refuses_what_it_does_not_understand) {
    for (const std::string_view text :
         {"SSH-2.0\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
          "HTTP/1.1 200 OK\r\nnothing\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
        ResponseReader reader;
        EXPECT_EQ(feed(reader, text, 1000), State::broken) << text;
    }
}

TEST(ResponseReader, refuses_bytes_that_nobody_asked_for) {
    ResponseReader reader;
    EXPECT_EQ(feed(reader, std::string(accepted) + "H", 1000), State::broken);
}

TEST(ResponseReader, refuses_a_head_without_end) {
    ResponseReader reader;
    EXPECT_EQ(feed(reader, "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'), 4096), State::broken);
}

}  // namespace
}  // namespace shop::load
