#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The types that a handler's signature is written with, beside described structs.
namespace platform::http {

/// The n-th Path argument is the n-th {parameter} of the route. Text that T cannot be read from is 404:
/// nothing with such a name can exist.
template <class T>
struct Path {
    T value;
};

/// A described struct read from the query string, one member a parameter. A std::optional member may be
/// missing, a vector or List takes repeated parameters.
template <class T>
struct Query {
    T value;
};

/// A response with a Location header. Without a status of its own it has the route's.
template <class T>
struct Created {
    T body;
    std::string location;
    std::optional<int> status{};
};

/// A response that says more than its body: another status than the route's, or headers.
template <class T>
struct Reply {
    T body;
    std::optional<int> status{};
    std::vector<std::pair<std::string, std::string>> headers{};
};

struct NoContent {};

/// One page of a list; `next` is the cursor for `?after=`, absent on the last page.
template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next{};
    BOOST_DESCRIBE_CLASS(Page, (), (items, next), (), ())
};

}  // namespace platform::http
