#include "platform/http/api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>

#include "platform/http/tests/live_server.hpp"
#include "platform/http/tests/shelf.hpp"

namespace platform::http::testing {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string one_book = "/api/v1/books/01890a5d-ac96-774b-bcce-b302099a8057";

class ApiTest : public ::testing::Test {
  protected:
    ApiTest() { shelf::mount(api); }

    Response call(Request request) {
        asio::io_context context;
        auto response = asio::co_spawn(context, api.handle(std::move(request)), asio::use_future);
        context.run();
        return response.get();
    }
    Response get(std::string path, std::string query = {}, Headers headers = {}) {
        return call({.path = std::move(path), .query = std::move(query), .headers = std::move(headers)});
    }
    Response post(std::string body, Headers more = {}) {
        Headers headers{{"Content-Type", "application/json"}, {"Authorization", "Bearer user"}};
        for (std::size_t i = 0; i < more.size(); ++i) headers.add(more[i].name, more[i].value);
        return call({.method = "POST", .path = "/api/v1/books", .headers = headers, .body = std::move(body)});
    }
    static std::string header(const Response& response, std::string_view name) {
        for (const auto& [key, value] : response.headers)
            if (key == name) return value;
        return {};
    }
    static void expect_problem(const Response& response, int status, std::string_view slug) {
        EXPECT_EQ(response.status, status) << response.body;
        EXPECT_EQ(response.content_type, "application/problem+json");
        const auto body = json::parse(response.body).as_object();
        EXPECT_EQ(body.at("type"), json::string("/problems/" + std::string(slug)));
        EXPECT_EQ(body.at("status"), status);
        EXPECT_EQ(body.at("instance").as_string().size(), 32U);
        EXPECT_FALSE(body.at("title").as_string().empty());
    }

    telemetry::Metrics metrics;
    shelf::Seen seen;
    Api<shelf::Ports> api{{.title = "Shelf", .version = "1.2"}, {seen}, shelf::by_role(), metrics};
};

const std::string good_book = R"({"title":"One","pages":5})";

TEST_F(ApiTest, binds_arguments_by_type_and_writes_the_result) {
    const auto response = post(good_book, {{"Prefer", "respond-async, wait=7"}});
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_EQ(response.body, R"({"id":"1","title":"One","pages":5})");
    EXPECT_EQ(header(response, "Location"), "/api/v1/books/1");
    EXPECT_EQ(header(response, "Cache-Control"), "no-store");
    ASSERT_EQ(seen.callers.size(), 1U);
    EXPECT_EQ(seen.callers[0].user_id().text(), "01890a5d-ac96-774b-bcce-b302099a8057");
    EXPECT_TRUE(seen.callers[0].has_role("user"));
    EXPECT_EQ(seen.callers[0].wait, std::chrono::seconds{7});
    EXPECT_EQ(seen.callers[0].authorization, "Bearer user");
    EXPECT_EQ(seen.callers[0].request_sha256, "");
    EXPECT_TRUE(seen.callers[0].trace.valid());
}

TEST_F(ApiTest, answers_a_refusal_with_its_problem) {
    const auto response = post(R"({"title":"twice","pages":5})");
    expect_problem(response, 409, "book-exists");
    EXPECT_THAT(response.body, HasSubstr("since yesterday"));
    expect_problem(get("/api/v1/books/00000000-0000-0000-0000-000000000000"), 404, "book-not-found");
}

TEST_F(ApiTest, reads_query_parameters) {
    const auto response = get("/api/v1/books", "limit=7&kind=atlas");
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.body, R"({"items":[{"id":"1","title":"One","pages":1}],"next":"cursor"})");
    EXPECT_EQ(header(response, "Cache-Control"), "max-age=5");
    get("/api/v1/books");
    EXPECT_THAT(seen.limits, ElementsAre(7, 20));
}

TEST_F(ApiTest, names_every_bad_query_parameter) {
    const auto response = get("/api/v1/books", "limit=0&kind=cookbook&colour=red");
    expect_problem(response, 400, "bad-parameters");
    std::vector<std::string> pointers;
    for (const auto& error : json::parse(response.body).at("errors").as_array())
        pointers.emplace_back(error.at("pointer").as_string());
    EXPECT_THAT(pointers, ::testing::UnorderedElementsAre("limit", "kind", "colour"));
    expect_problem(get("/api/v1/books", "limit=%"), 400, "bad-parameters");
}

TEST_F(ApiTest, accepts_a_missing_optional_body) {
    const auto response = call({.method = "POST", .path = one_book + "/remarks"});
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(header(response, "X-Mark"), "1");
    call({.method = "POST",
          .path = one_book + "/remarks",
          .headers = {{"Content-Type", "application/json"}},
          .body = R"({"text":"fine"})"});
    EXPECT_THAT(seen.titles, ElementsAre("none", "fine"));
}

TEST_F(ApiTest, tells_unknown_paths_from_unknown_methods) {
    for (const auto* path : {"/", "/api/v1", "/api/v1/book", "/api/v1/books/", "/api/v1/books//",
                             "/api/v1/books/x/y", "/API/v1/books", "/api/v1/%42ooks"})
        expect_problem(get(path), 404, "not-found");
    const auto response = call({.method = "PUT", .path = one_book});
    expect_problem(response, 405, "method-not-allowed");
    EXPECT_EQ(header(response, "Allow"), "DELETE, GET, HEAD, OPTIONS");
    // An id that cannot be one does not exist either.
    expect_problem(get("/api/v1/books/not-a-uuid"), 404, "not-found");
}

TEST_F(ApiTest, refuses_ambiguous_paths) {
    for (const auto* path :
         {"/api/v1/../v1/books", "/api/v1/%2e%2e/books", "/api/v1/books%2F1", "/api/v1/books/%",
          "/api/v1/books/%00", "/api/v1/books/a%5Cb", "/api/v1/./books"})
        expect_problem(get(path), 400, "bad-request");
}

TEST_F(ApiTest, answers_options_and_head) {
    const auto options = call({.method = "OPTIONS", .path = "/api/v1/books"});
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(header(options, "Allow"), "GET, HEAD, OPTIONS, POST");
    EXPECT_EQ(call({.method = "HEAD", .path = one_book}).status, 200);
    expect_problem(call({.method = "HEAD", .path = "/api/v1/nothing"}), 404, "not-found");
}

TEST_F(ApiTest, finds_addresses_outside_the_base_path) {
    EXPECT_EQ(get("/.well-known/shelf/01890a5d-ac96-774b-bcce-b302099a8057").status, 200);
}

TEST_F(ApiTest, needs_a_token_where_the_route_does) {
    const auto missing = call({.method = "POST", .path = "/api/v1/books"});
    expect_problem(missing, 401, "unauthenticated");
    EXPECT_EQ(header(missing, "WWW-Authenticate"), "Bearer");
    const auto wrong =
        call({.method = "DELETE", .path = one_book, .headers = {{"Authorization", "Bearer wrong"}}});
    expect_problem(wrong, 401, "unauthenticated");
    EXPECT_EQ(header(wrong, "WWW-Authenticate"), R"(Bearer error="invalid_token")");
    EXPECT_THAT(wrong.body, Not(HasSubstr("signature")));
    expect_problem(
        call({.method = "DELETE", .path = one_book, .headers = {{"Authorization", "Bearer user"}}}), 403,
        "forbidden");
    EXPECT_TRUE(seen.callers.empty());
    const auto deleted =
        call({.method = "DELETE", .path = one_book, .headers = {{"Authorization", "Bearer admin"}}});
    EXPECT_EQ(deleted.status, 204);
    EXPECT_EQ(deleted.body, "");
    expect_problem(
        call({.method = "DELETE", .path = one_book, .headers = {{"Authorization", "Bearer broken"}}}), 503,
        "unavailable");
}

TEST_F(ApiTest, wants_json) {
    for (const auto* type : {"text/plain", "application/json; charset=latin1", "application/jsonx", ""})
        expect_problem(call({.method = "POST",
                             .path = "/api/v1/books",
                             .headers = {{"Authorization", "Bearer user"}, {"Content-Type", type}},
                             .body = good_book}),
                       415, "unsupported-media-type");
    expect_problem(
        call({.method = "POST", .path = "/api/v1/books", .headers = {{"Authorization", "Bearer user"}}}), 415,
        "unsupported-media-type");
    EXPECT_EQ(call({.method = "POST",
                    .path = "/api/v1/books",
                    .headers = {{"Authorization", "Bearer user"},
                                {"Content-Type", "Application/JSON; charset=UTF-8"}},
                    .body = good_book})
                  .status,
              201);
}

TEST_F(ApiTest, refuses_bodies_that_are_not_json) {
    for (const auto* body : {"", "{", "{} x", R"({"title":"a","title":"b"})", "\xff", "[1e999]", "nan"})
        expect_problem(post(body), 400, "malformed-body");
    expect_problem(post(std::string(60'000, '[')), 400, "malformed-body");
}

TEST_F(ApiTest, names_everything_wrong_with_a_body) {
    const auto response = post(R"({"title":"","pages":0,"kind":"cookbook","price":1})");
    expect_problem(response, 422, "validation-failed");
    std::vector<std::string> pointers;
    for (const auto& error : json::parse(response.body).at("errors").as_array())
        pointers.emplace_back(error.at("pointer").as_string());
    EXPECT_THAT(pointers, ::testing::UnorderedElementsAre("#/title", "#/pages", "#/kind", "#/price"));
    expect_problem(post("[]"), 422, "validation-failed");
    EXPECT_TRUE(seen.titles.empty());
}

TEST_F(ApiTest, checks_the_idempotency_key) {
    for (const auto& key :
         {std::string(), std::string(256, 'a'), std::string("caf\xc3\xa9"), std::string("a\tb")})
        expect_problem(post(good_book, {{"Idempotency-Key", key}}), 400, "malformed-idempotency-key");
    EXPECT_TRUE(seen.callers.empty());
    EXPECT_EQ(post(good_book, {{"Idempotency-Key", std::string(255, 'a')}}).status, 201);
    EXPECT_EQ(seen.callers.at(0).idempotency_key, std::string(255, 'a'));
}

TEST_F(ApiTest, hashes_what_a_request_means_and_not_how_it_is_written) {
    const Headers key{{"Idempotency-Key", "k"}};
    post(good_book, key);
    post(" { \"pages\" : 5,\n\"title\":\"\\u004fne\" } ", key);
    post(R"({"title":"One","pages":6})", key);
    post(R"({"title":"One","pages":5,"kind":"novel"})", key);
    ASSERT_EQ(seen.callers.size(), 4U);
    EXPECT_EQ(seen.callers[0].request_sha256.size(), 64U);
    EXPECT_EQ(seen.callers[0].request_sha256, seen.callers[1].request_sha256);
    EXPECT_NE(seen.callers[0].request_sha256, seen.callers[2].request_sha256);
    EXPECT_NE(seen.callers[0].request_sha256, seen.callers[3].request_sha256);
}

TEST_F(ApiTest, ignores_a_preference_it_cannot_read) {
    for (const auto* prefer : {"wait", "wait=x", "wait=-1", "wait=99999999999", "handling=strict"}) {
        seen.callers.clear();
        post(good_book, {{"Prefer", prefer}});
        EXPECT_FALSE(seen.callers.at(0).wait) << prefer;
    }
    post(good_book, {{"Prefer", "wait=3600"}});
    EXPECT_EQ(seen.callers.back().wait, std::chrono::seconds{60});
}

TEST_F(ApiTest, turns_exceptions_into_problems_without_detail) {
    const auto unavailable = get("/api/v1/fail/unavailable");
    expect_problem(unavailable, 503, "unavailable");
    EXPECT_EQ(header(unavailable, "Retry-After"), "1");
    EXPECT_THAT(unavailable.body, Not(HasSubstr("10.0.0.1")));
    const auto error = get("/api/v1/fail/error");
    expect_problem(error, 500, "internal-error");
    EXPECT_THAT(error.body, Not(HasSubstr("secret")));
    expect_problem(get("/api/v1/fail/number"), 500, "internal-error");
}

TEST_F(ApiTest, quotes_the_trace_in_problems) {
    const auto trace = telemetry::Trace::start();
    EXPECT_THAT(call({.path = "/nothing", .trace = trace}).body, HasSubstr(trace.id_text()));
}

awaitable<bool> certainly(bool answer) { co_return answer; }
awaitable<bool> cannot_tell() {
    throw Unavailable("gone");
    co_return true;
}

TEST_F(ApiTest, is_ready_when_every_check_holds) {
    EXPECT_EQ(get("/health/live").status, 200);
    EXPECT_EQ(get("/health/ready").status, 200);
    bool database = false;
    api.ready_when("database", [&] { return certainly(database); });
    EXPECT_EQ(get("/health/ready").status, 503);
    database = true;
    EXPECT_EQ(get("/health/ready").body, R"({"status":"ready","checks":{"database":true}})");
    api.announce_drain();
    EXPECT_EQ(get("/health/ready").body, R"({"status":"draining","checks":{"database":true}})");
    EXPECT_EQ(get("/health/ready").status, 503);
    EXPECT_EQ(get("/health/live").status, 200);
}

TEST_F(ApiTest, is_not_ready_when_a_check_throws) {
    api.ready_when("broker", [] { return cannot_tell(); });
    EXPECT_EQ(get("/health/ready").status, 503);
}

TEST_F(ApiTest, counts_and_times_requests_by_route) {
    get(one_book);
    get(one_book);
    get("/nothing");
    call({.method = "BREW", .path = "/api/v1/books"});
    const auto text = get("/metrics").body;
    EXPECT_THAT(text,
                HasSubstr(R"(http_requests_total{method="GET",route="/api/v1/books/{id}",status="200"} 2)"));
    EXPECT_THAT(text, HasSubstr(R"(http_requests_total{method="other",route="unmatched",status="404"} 1)"));
    EXPECT_THAT(text,
                HasSubstr(R"(http_requests_total{method="other",route="/api/v1/books",status="405"} 1)"));
    EXPECT_THAT(text, HasSubstr(R"(http_request_seconds_count{route="/api/v1/books/{id}"} 2)"));
}

TEST_F(ApiTest, works_over_a_socket) {
    LiveServer live(api.handler());
    RawClient client(live.port());
    const auto response =
        client.exchange(testing::post("/api/v1/books", good_book, "Authorization: Bearer user\r\n"));
    EXPECT_EQ(response.status, 201);
    EXPECT_TRUE(response.has("Location: /api/v1/books/1"));
    EXPECT_TRUE(response.has("Content-Type: application/json"));
    client.send("HEAD " + one_book + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.read(true).status, 200);
    EXPECT_EQ(client.exchange(testing::get("/api/v1/nothing")).status, 404);
    EXPECT_EQ(client.exchange(testing::post("/api/v1/books", "{", "Authorization: Bearer user\r\n")).status,
              400);
}

}  // namespace
}  // namespace platform::http::testing
