#include "services/user-service/app/presentation/routes.hpp"

#include "services/user-service/app/application/accounts.hpp"
#include "services/user-service/app/presentation/problems.hpp"
#include "services/user-service/app/presentation/views.hpp"

namespace shop::user {

namespace http = platform::http;

namespace {

UserView view_of(const User& user) {
    return {user.id, user.email.value, user.name.value, user.role, user.created_at};
}

awaitable<Result<http::Created<UserView>>> post_register(Ports ports, http::Caller caller, Register in) {
    const auto user = co_await register_account(
        ports, {std::move(in.email), std::move(in.name), in.password.reveal()}, caller.trace.header());
    if (!user) co_return std::unexpected(user.error());
    co_return http::Created<UserView>{view_of(*user), "/api/v1/users/me"};
}

awaitable<Result<TokenView>> post_login(Ports ports, LogIn in) {
    auto token = co_await log_in(ports, std::move(in.email), in.password.reveal());
    if (!token) co_return std::unexpected(token.error());
    co_return TokenView{std::move(token->text), "Bearer", token->lifetime.count()};
}

awaitable<Result<UserView>> get_me(Ports ports, http::Caller caller) {
    const auto user = co_await profile(ports, UserId{caller.user_id()});
    if (!user) co_return std::unexpected(user.error());
    co_return view_of(*user);
}

awaitable<Result<http::Response>> get_key_set(Ports ports) {
    co_return http::Response{.body = ports.tokens->key_set(), .content_type = "application/jwk-set+json"};
}

}  // namespace

http::Info api_info() { return {.title = "user-service", .version = "1.0.0", .base_path = ""}; }

void add_routes(http::Api<Ports>& api) {
    api.post("/api/v1/auth/register", 201, &post_register,
             {.access = http::Access::anyone,
              .summary = "Opens an account",
              .problems = {Refusal::email_taken},
              .tag = "auth"});
    api.post("/api/v1/auth/login", 200, &post_login,
             {.access = http::Access::anyone,
              .summary = "Exchanges e-mail address and password for an access token",
              .problems = {Refusal::wrong_credentials},
              .tag = "auth"});
    api.get("/api/v1/users/me", 200, &get_me,
            {.access = http::Access::user,
             .summary = "The account that the access token belongs to",
             .problems = {Refusal::user_not_found},
             .tag = "users"});
    api.get("/.well-known/jwks.json", 200, &get_key_set,
            {.access = http::Access::anyone,
             .summary = "The keys that access tokens are checked with",
             .cache_control = "public, max-age=300",
             .tag = "auth"});
}

}  // namespace shop::user
