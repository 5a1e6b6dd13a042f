#pragma once

#include <boost/describe.hpp>
#include <expected>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "platform/base/errors.hpp"
#include "platform/http/api.hpp"

/// A small service for tests: a shelf of books.
namespace shelf {

using platform::awaitable;
using platform::Uuid;
namespace http = platform::http;
namespace contract = platform::contract;

enum class Kind { novel, atlas };
BOOST_DESCRIBE_ENUM(Kind, novel, atlas)

struct BookView {
    std::string id;
    std::string title;
    std::int64_t pages = 0;
};
BOOST_DESCRIBE_STRUCT(BookView, (), (id, title, pages))

struct AddBook {
    contract::Text<1, 20> title;
    contract::Int<1, 5000> pages;
    std::optional<Kind> kind;
};
BOOST_DESCRIBE_STRUCT(AddBook, (), (title, pages, kind))

struct Remark {
    contract::Text<1, 20> text;
};
BOOST_DESCRIBE_STRUCT(Remark, (), (text))

struct Filter {
    contract::Int<1, 100> limit{20};
    std::optional<Kind> kind;
};
BOOST_DESCRIBE_STRUCT(Filter, (), (limit, kind))

enum class Refusal { no_such_book, already_there };

constexpr http::Problem problem_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::no_such_book: return {404, "book-not-found", "No such book"};
        case Refusal::already_there: return {409, "book-exists", "The book is on the shelf already"};
    }
    return http::problems::internal_error;
}

template <class T>
using Result = std::expected<T, Refusal>;

/// What handlers saw, for the test to look at.
struct Seen {
    std::vector<http::Caller> callers;
    std::vector<std::string> titles;
    std::vector<std::int64_t> limits;
};

struct Ports {
    Seen& seen;
};

awaitable<std::expected<http::Created<BookView>, http::Refused<Refusal>>> post_book(Ports ports,
                                                                                    http::Caller who,
                                                                                    AddBook in);
awaitable<Result<http::Page<BookView>>> list_books(http::Query<Filter> filter, Ports ports);
awaitable<Result<BookView>> get_book(http::Path<Uuid> id);
awaitable<Result<http::NoContent>> delete_book(Ports ports, http::Path<Uuid> id, http::Caller who);
awaitable<Result<http::Reply<BookView>>> post_remark(Ports ports, std::optional<Remark> remark,
                                                     http::Path<Uuid> id);
awaitable<Result<BookView>> fail(http::Path<contract::Token<1, 20>> how);

/// A token is the name of a role; "wrong" is not a token.
http::Authenticate by_role();

void mount(http::Api<Ports>& api);

}  // namespace shelf
