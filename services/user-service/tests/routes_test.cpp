#include "services/user-service/app/presentation/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "platform/auth/password_hasher.hpp"
#include "platform/http/client.hpp"
#include "platform/http/server.hpp"
#include "platform/service/bearer.hpp"
#include "services/user-service/app/infrastructure/argon2_passwords.hpp"
#include "services/user-service/app/infrastructure/jwt_tokens.hpp"
#include "services/user-service/app/infrastructure/pg_users.hpp"
#include "services/user-service/tests/user_database.hpp"

namespace shop::user {
namespace {

namespace auth = platform::auth;
namespace http = platform::http;
namespace json = boost::json;

const std::string issuer = "https://shop.test/auth";

/// One key pair for all tests here, because making one takes a while.
const std::filesystem::path& keys() {
    struct Directory {
        Directory() {
            std::string pattern = (std::filesystem::temp_directory_path() / "user.XXXXXX").string();
            path = mkdtemp(pattern.data());
            auth::generate_key_pair(path, "k1");
        }
        ~Directory() { std::filesystem::remove_all(path); }
        std::filesystem::path path;
    };
    static const Directory directory;
    return directory.path;
}

/// Everything but main and the broker, behind a real socket.
class RoutesTest : public testing::Test {
  protected:
    RoutesTest() {
        add_routes(api);
        server.start();
        client.emplace(io,
                       http::ClientConfig{.base_url = "http://127.0.0.1:" + std::to_string(server.port())});
    }

    http::ClientResponse send(http::ClientRequest request) {
        return platform::testing::run(io, client->send(std::move(request)));
    }
    http::ClientResponse post(std::string target, std::string body) {
        return send({.method = "POST",
                     .target = std::move(target),
                     .headers = {{"Content-Type", "application/json"}},
                     .body = std::move(body)});
    }
    http::ClientResponse get(std::string target, std::string token = {}) {
        http::ClientRequest request{.target = std::move(target)};
        if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
        return send(std::move(request));
    }
    http::ClientResponse register_ada() {
        return post("/api/v1/auth/register",
                    R"({"email":"Ada@Example.org","password":"correct horse","name":"Ada"})");
    }
    http::ClientResponse log_in(const std::string& email, const std::string& password) {
        return post("/api/v1/auth/login",
                    json::serialize(json::object{{"email", email}, {"password", password}}));
    }
    static json::object body_of(const http::ClientResponse& response) {
        return json::parse(response.body).as_object();
    }
    static std::string slug_of(const http::ClientResponse& response) {
        EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
        const std::string type{body_of(response).at("type").as_string()};
        return std::to_string(response.status) + " " + type.substr(std::string{"/problems/"}.size());
    }

    UserDatabase database;
    platform::telemetry::Metrics metrics;
    boost::asio::io_context io;
    platform::SystemClock clock;
    platform::RandomIds ids;
    platform::postgres::Pool pool{io, {.url = database.url(), .connections_max = 4}, metrics};
    auth::Verifier verifier{{.public_keys = keys(), .issuer = issuer, .audience = "shop-api"}, clock};
    auth::Signer signer{keys() / "k1.pem"};
    auth::PasswordHasher hasher{{.memory_kib = 64, .passes = 1}};
    PgUsers users{pool, ids, [] {}};
    Argon2Passwords passwords{hasher};
    JwtTokens tokens{signer, verifier, {issuer, "shop-api", std::chrono::minutes{15}}, clock.now()};
    http::Api<Ports> api{api_info(), Ports{&users, &passwords, &tokens, &clock, &ids},
                         platform::service::bearer(verifier), metrics};
    http::Server server{io, {.host = "127.0.0.1"}, api.handler(), metrics};
    std::optional<http::Client> client;
};

TEST_F(RoutesTest, an_account_is_opened_used_and_seen) {
    const auto registered = register_ada();
    EXPECT_EQ(registered.status, 201);
    EXPECT_EQ(registered.headers.find("Location"), "/api/v1/users/me");
    auto user = body_of(registered);
    EXPECT_EQ(user.at("email"), "Ada@Example.org");
    EXPECT_EQ(user.at("role"), "customer");
    EXPECT_EQ(user.size(), 5u) << "no hash, nor anything else that is not listed";

    const auto logged_in = log_in("ada@example.org", "correct horse");
    EXPECT_EQ(logged_in.status, 200);
    EXPECT_EQ(logged_in.headers.find("Cache-Control"), "no-store");
    const auto token = body_of(logged_in);
    EXPECT_EQ(token.at("token_type"), "Bearer");
    EXPECT_EQ(token.at("expires_in"), 900);

    const auto me = get("/api/v1/users/me", std::string{token.at("access_token").as_string()});
    EXPECT_EQ(me.status, 200);
    EXPECT_EQ(body_of(me), user);
}

TEST_F(RoutesTest, the_key_set_is_where_others_look_for_it) {
    const auto set = get("/.well-known/jwks.json");
    EXPECT_EQ(set.status, 200);
    EXPECT_EQ(set.headers.find("Cache-Control"), "public, max-age=300");
    EXPECT_EQ(body_of(set).at("keys").at(0).at("kid"), "k1");
}

TEST_F(RoutesTest, a_registration_cannot_choose_what_is_not_its_own) {
    for (const char* member : {R"("role":"admin")", R"("id":"01932f4a-7c00-7000-8000-000000000001")",
                               R"("created_at":"2020-01-01T00:00:00Z")", R"("password_hash":"x")"}) {
        const auto refused = post("/api/v1/auth/register",
                                  R"({"email":"eve@example.org","password":"correct horse","name":"Eve",)" +
                                      std::string{member} + "}");
        EXPECT_EQ(slug_of(refused), "422 validation-failed") << member;
    }
    EXPECT_EQ(database.value("select count(*) from users"), "0");
}

TEST_F(RoutesTest, everything_wrong_with_a_registration_is_named_at_once) {
    const auto refused = post("/api/v1/auth/register", R"({"email":"ada","password":"short","name":""})");
    EXPECT_EQ(slug_of(refused), "422 validation-failed");
    std::vector<std::string> pointers;
    for (const auto& error : body_of(refused).at("errors").as_array())
        pointers.emplace_back(error.at("pointer").as_string());
    EXPECT_THAT(pointers, testing::UnorderedElementsAre("#/email", "#/password", "#/name"));
    EXPECT_THAT(refused.body, testing::Not(testing::HasSubstr("short"))) << "a password is not echoed";
}

TEST_F(RoutesTest, unknown_address_and_wrong_password_look_the_same) {
    register_ada();
    const auto wrong = log_in("ada@example.org", "correct horsf");
    const auto unknown = log_in("eve@example.org", "correct horse");
    EXPECT_EQ(slug_of(wrong), "401 wrong-credentials");
    auto one = body_of(wrong), other = body_of(unknown);
    one.erase("instance"), other.erase("instance");
    EXPECT_EQ(one, other);
    EXPECT_EQ(wrong.headers.size(), unknown.headers.size());
}

TEST_F(RoutesTest, every_problem_can_be_met) {
    register_ada();
    EXPECT_EQ(slug_of(register_ada()), "409 email-taken");
    EXPECT_EQ(slug_of(post("/api/v1/auth/register", "{")), "400 malformed-body");
    EXPECT_EQ(slug_of(post("/api/v1/auth/register", std::string(70'000, ' '))), "413 body-too-large");
    EXPECT_EQ(slug_of(send({.method = "POST", .target = "/api/v1/auth/login", .body = "{}"})),
              "415 unsupported-media-type");
    EXPECT_EQ(slug_of(log_in("ada", "x")), "422 validation-failed");
    EXPECT_EQ(slug_of(get("/api/v1/users/me")), "401 unauthenticated");
    EXPECT_EQ(slug_of(get("/api/v1/users/me", "not.a.token")), "401 unauthenticated");
    EXPECT_EQ(slug_of(get("/api/v1/users/you")), "404 not-found");
    EXPECT_EQ(slug_of(send({.method = "DELETE", .target = "/api/v1/users/me"})), "405 method-not-allowed");

    const std::string token{
        body_of(log_in("ada@example.org", "correct horse")).at("access_token").as_string()};
    database.execute("delete from users");
    EXPECT_EQ(slug_of(get("/api/v1/users/me", token)), "404 user-not-found");

    hasher.stop_and_wait();
    EXPECT_EQ(slug_of(log_in("ada@example.org", "correct horse")), "503 unavailable");
    pool.stop();
    EXPECT_EQ(slug_of(get("/api/v1/users/me", token)), "503 unavailable");
}

TEST_F(RoutesTest, a_token_in_two_headers_is_no_token) {
    register_ada();
    const std::string token{
        body_of(log_in("ada@example.org", "correct horse")).at("access_token").as_string()};
    const auto twice =
        send({.target = "/api/v1/users/me",
              .headers = {{"Authorization", "Bearer " + token}, {"Authorization", "Bearer x"}}});
    EXPECT_THAT(twice.status, testing::AnyOf(400, 401));
    const auto basic = send({.target = "/api/v1/users/me", .headers = {{"Authorization", "Basic " + token}}});
    EXPECT_EQ(slug_of(basic), "401 unauthenticated");
}

TEST_F(RoutesTest, the_document_names_every_route) {
    EXPECT_THAT(api.routes(), testing::ElementsAre("GET /.well-known/jwks.json", "GET /api/v1/users/me",
                                                   "POST /api/v1/auth/login", "POST /api/v1/auth/register"));
    EXPECT_EQ(get("/openapi.json").status, 200);
}

}  // namespace
}  // namespace shop::user
