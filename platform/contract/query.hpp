#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/contract/described.hpp"
#include "platform/contract/violation.hpp"
#include "platform/contract/write.hpp"

namespace platform::contract {

/// Decoded name and value pairs in the order of the request.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// The parameter of that name, or nullptr.
const std::string* find_parameter(const Parameters& parameters, std::string_view name);

/// Reports parameters that are not among the names and those given more than once.
void refuse_stray_parameters(const Parameters& parameters, std::span<const std::string_view> names,
                             Violations& violations);

/// One entry of an OpenAPI `parameters` array.
boost::json::object query_parameter(std::string_view name, bool required, boost::json::object schema);

/// Whether a member keeps a sensible value when its parameter is absent. A member whose initial value breaks
/// its own constraint (a Text<1, 100> without an initialiser, a nil id, the epoch) is one that has to be
/// given.
template <ScalarType M>
bool has_default(const M& initial) {
    if constexpr (requires {
                      { M::parse(std::string_view()) } -> std::same_as<std::optional<M>>;
                  }) {
        return initial != M{};
    } else if constexpr (std::same_as<M, Time>) {
        return initial != M{};
    } else {
        return read_text<M>(write_text(initial)).has_value();
    }
}

template <class M>
void read_parameter(const Parameters& parameters, std::string_view name, M& out, Violations& violations) {
    const std::string* text = find_parameter(parameters, name);
    if constexpr (OptionalType<M>) {
        if (text != nullptr) read_parameter(parameters, name, out.emplace(), violations);
    } else {
        static_assert(ScalarType<M>, "a query parameter is one value, not an object or a list");
        if (text == nullptr) {
            if (!has_default(out)) violations.push_back({std::string(name), "is required"});
            return;
        }
        auto value = read_text<M>(*text);
        if (value) {
            out = std::move(*value);
        } else {
            violations.push_back({std::string(name), std::move(value.error())});
        }
    }
}

template <class T, template <class...> class Members, class... D>
void read_parameters(const Parameters& parameters, T& out, Violations& violations, Members<D...>) {
    static constexpr std::array<std::string_view, sizeof...(D)> names{D::name...};
    (read_parameter(parameters, D::name, out.*D::pointer, violations), ...);
    refuse_stray_parameters(parameters, names, violations);
}

/// Reads a described struct of scalars from a query string. An absent parameter keeps the value that its
/// member initialiser gives it, or leaves a std::optional empty; see has_default() for those that are
/// required. The pointer of a violation is the parameter's name.
template <Described T>
std::expected<T, Violations> read_query(const Parameters& parameters) {
    T out{};
    Violations violations;
    read_parameters(parameters, out, violations, members_of<T>{});
    if (!violations.empty()) return std::unexpected(std::move(violations));
    return out;
}

template <class M>
boost::json::object describe_parameter(std::string_view name, const M& initial) {
    if constexpr (OptionalType<M>) {
        return query_parameter(name, false, Scalar<typename Optional<M>::Element>::schema());
    } else {
        boost::json::object schema = Scalar<M>::schema();
        const bool optional = has_default(initial);
        if (optional) schema["default"] = write(initial);
        return query_parameter(name, !optional, std::move(schema));
    }
}

template <class T, template <class...> class Members, class... D>
boost::json::array describe_parameters(const T& initial, Members<D...>) {
    return {describe_parameter(D::name, initial.*D::pointer)...};
}

/// The entries for OpenAPI's `parameters` that read_query<T>() obeys.
template <Described T>
boost::json::array query_parameters() {
    return describe_parameters(T{}, members_of<T>{});
}

}  // namespace platform::contract
