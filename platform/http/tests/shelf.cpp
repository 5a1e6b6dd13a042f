#include "platform/http/tests/shelf.hpp"

namespace shelf {

awaitable<std::expected<http::Created<BookView>, http::Refused<Refusal>>> post_book(Ports ports,
                                                                                    http::Caller who,
                                                                                    AddBook in) {
    ports.seen.callers.push_back(who);
    ports.seen.titles.push_back(in.title.value);
    if (in.title.value == "twice")
        co_return std::unexpected(http::Refused(Refusal::already_there, "since yesterday"));
    co_return http::Created<BookView>{{"1", in.title.value, in.pages}, "/api/v1/books/1"};
}

awaitable<Result<http::Page<BookView>>> list_books(http::Query<Filter> filter, Ports ports) {
    ports.seen.limits.push_back(filter.value.limit);
    co_return http::Page<BookView>{.items = {{"1", "One", 1}}, .next = "cursor"};
}

awaitable<Result<BookView>> get_book(http::Path<Uuid> id) {
    if (id.value == Uuid{}) co_return std::unexpected(Refusal::no_such_book);
    co_return BookView{id.value.text(), "One", 1};
}

awaitable<Result<http::NoContent>> delete_book(Ports ports, http::Path<Uuid>, http::Caller who) {
    ports.seen.callers.push_back(who);
    co_return http::NoContent{};
}

awaitable<Result<http::Reply<BookView>>> post_remark(Ports ports, std::optional<Remark> remark,
                                                     http::Path<Uuid> id) {
    ports.seen.titles.push_back(remark ? remark->text.value : "none");
    co_return http::Reply<BookView>{
        .body = {id.value.text(), "One", 1}, .status = 201, .headers = {{"X-Mark", "1"}}};
}

awaitable<Result<BookView>> fail(http::Path<contract::Token<1, 20>> how) {
    if (how.value.value == "unavailable") throw platform::Unavailable("the database at 10.0.0.1 is gone");
    if (how.value.value == "number") throw 42;
    throw std::runtime_error("a secret");
}

http::Authenticate by_role() {
    return [](const http::Request& request) -> std::expected<http::Identity, std::string> {
        const std::string token(request.headers.find("Authorization")->substr(7));
        if (token == "wrong") return std::unexpected("bad signature");
        if (token == "broken") throw platform::Unavailable("no keys");
        return http::Identity{.user = *Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057"), .roles = {token}};
    };
}

void mount(http::Api<Ports>& api) {
    using http::Access;
    api.post("/books", 201, &post_book,
             {.summary = "Puts a book on the shelf",
              .problems = {Refusal::already_there},
              .idempotency_key = true,
              .prefer_wait = true});
    api.get("/books", 200, &list_books, {.access = Access::anyone, .cache_control = "max-age=5"});
    api.get("/books/{id}", 200, &get_book, {.access = Access::anyone, .problems = {Refusal::no_such_book}});
    api.del("/books/{id}", 204, &delete_book, {.access = Access::admin});
    api.post("/books/{id}/remarks", 200, &post_remark, {.access = Access::anyone});
    api.get("/fail/{how}", 200, &fail, {.access = Access::anyone});
    api.get("/.well-known/shelf/{id}", 200, &get_book, {.access = Access::anyone, .outside_base_path = true});
}

}  // namespace shelf
