#pragma once

#include <algorithm>
#include <array>
#include <boost/describe/enumerators.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <concepts>
#include <cstdint>
#include <expected>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "platform/base/ensure.hpp"
#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"
#include "platform/contract/rules.hpp"
#include "platform/contract/types.hpp"

namespace platform::contract {

template <class T>
using Parsed = std::expected<T, std::string>;

/// How a type that is one value on the wire is read, written and described. A type of one's own joins in by
/// specialising this template, in the header that declares the type. A value that is a JSON string needs
///
///     template <> struct Scalar<Sku> {
///         static Parsed<Sku> parse(std::string_view text);   // the error is the broken rule: "must be a
///         SKU" static std::string_view text(const Sku&);          // or std::string static
///         boost::json::object schema();
///     };
///
/// and serves for bodies, events, path and query parameters. A type with another shape names the type that it
/// looks like on the wire and converts from and to it; a described struct will do:
///
///     template <> struct Scalar<Money> {
///         using Wire = MoneyOnTheWire;
///         static Parsed<Money> from(const Wire&);
///         static Wire wire(const Money&);
///     };
template <class T>
struct Scalar;

/// One value with a spelling as text.
template <class T>
concept ScalarType = requires(std::string_view text) {
    { Scalar<T>::parse(text) } -> std::same_as<Parsed<T>>;
};

/// A scalar that is not a JSON string: it reads a JSON value and writes itself.
template <class T>
concept BareScalar =
    ScalarType<T> && requires(const boost::json::value& json, std::string& out, const T& value) {
        { Scalar<T>::from(json) } -> std::same_as<Parsed<T>>;
        Scalar<T>::append(out, value);
    };

/// A type that is read and written as another one.
template <class T>
concept WiredType = requires(const T& value, const typename Scalar<T>::Wire& wire) {
    { Scalar<T>::from(wire) } -> std::same_as<Parsed<T>>;
    { Scalar<T>::wire(value) } -> std::convertible_to<typename Scalar<T>::Wire>;
};

template <class E>
concept DescribedEnum = std::is_enum_v<E> && boost::describe::has_describe_enumerators<E>::value;

/// A value from a path or query parameter, already percent-decoded. The error is the broken rule.
template <ScalarType T>
Parsed<T> read_text(std::string_view text) {
    return Scalar<T>::parse(text);
}

/// The inverse of read_text: the spelling for a path, a query or a header.
template <ScalarType T>
std::string write_text(const T& value) {
    if constexpr (BareScalar<T>) {
        std::string out;
        Scalar<T>::append(out, value);
        return out;
    } else {
        return std::string(Scalar<T>::text(value));
    }
}

namespace rules {

template <class T>
Parsed<T> checked(std::string_view text, std::optional<std::string> fault) {
    if (fault) return std::unexpected(std::move(*fault));
    return T{std::string(text)};
}

boost::json::object text_schema(std::size_t min, std::size_t max, std::string_view pattern = {});
boost::json::object format_schema(std::string_view format);
boost::json::object enum_schema(std::span<const std::string_view> names);
boost::json::object integer_schema(std::int64_t lo, std::int64_t hi);
boost::json::object type_schema(std::string_view type);

inline constexpr std::string_view one_line = "^[^\\u0000-\\u001F\\u007F-\\u009F]*$";
inline constexpr std::string_view several_lines = "^[^\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F]*$";
inline constexpr std::string_view token_characters = "^[A-Za-z0-9._:-]*$";

Parsed<std::int64_t> integer(const boost::json::value& json, std::int64_t lo, std::int64_t hi);
Parsed<std::int64_t> integer(std::string_view text, std::int64_t lo, std::int64_t hi);
void append_integer(std::string& out, std::int64_t number);

std::string names_rule(std::span<const std::string_view> names);

}  // namespace rules

template <std::size_t Min, std::size_t Max>
struct Scalar<Text<Min, Max>> {
    static Parsed<Text<Min, Max>> parse(std::string_view text) {
        return rules::checked<Text<Min, Max>>(text,
                                              rules::fault_in_text(text, Min, Max, rules::Controls::refuse));
    }
    static std::string_view text(const Text<Min, Max>& value) { return value.value; }
    static boost::json::object schema() { return rules::text_schema(Min, Max, rules::one_line); }
};

template <std::size_t Min, std::size_t Max>
struct Scalar<Prose<Min, Max>> {
    static Parsed<Prose<Min, Max>> parse(std::string_view text) {
        return rules::checked<Prose<Min, Max>>(
            text, rules::fault_in_text(text, Min, Max, rules::Controls::allow_line_breaks));
    }
    static std::string_view text(const Prose<Min, Max>& value) { return value.value; }
    static boost::json::object schema() { return rules::text_schema(Min, Max, rules::several_lines); }
};

template <std::size_t Min, std::size_t Max>
struct Scalar<Token<Min, Max>> {
    static Parsed<Token<Min, Max>> parse(std::string_view text) {
        return rules::checked<Token<Min, Max>>(text, rules::fault_in_token(text, Min, Max));
    }
    static std::string_view text(const Token<Min, Max>& value) { return value.value; }
    static boost::json::object schema() { return rules::text_schema(Min, Max, rules::token_characters); }
};

template <std::size_t Min, std::size_t Max>
struct Scalar<Secret<Min, Max>> {
    static Parsed<Secret<Min, Max>> parse(std::string_view text) {
        return rules::checked<Secret<Min, Max>>(
            text, rules::fault_in_text(text, Min, Max, rules::Controls::refuse));
    }
    static std::string_view text(const Secret<Min, Max>& value) { return value.reveal(); }
    static boost::json::object schema() {
        boost::json::object out = rules::text_schema(Min, Max, rules::one_line);
        out["format"] = "password";
        return out;
    }
};

template <>
struct Scalar<Email> {
    static Parsed<Email> parse(std::string_view text) {
        return rules::checked<Email>(text, rules::fault_in_email(text));
    }
    static std::string_view text(const Email& value) { return value.value; }
    static boost::json::object schema();
};

/// For events and views; a request says how long its text may be.
template <>
struct Scalar<std::string> {
    static Parsed<std::string> parse(std::string_view text) {
        return rules::checked<std::string>(text, rules::fault_in_plain(text));
    }
    static std::string_view text(const std::string& value) { return value; }
    static boost::json::object schema() { return rules::type_schema("string"); }
};

template <>
struct Scalar<Uuid> {
    static Parsed<Uuid> parse(std::string_view text) {
        if (const auto id = Uuid::parse(text)) return *id;
        return std::unexpected("must be a UUID");
    }
    static std::string text(const Uuid& value) { return value.text(); }
    static boost::json::object schema() { return rules::format_schema("uuid"); }
};

template <class Tag>
struct Scalar<Id<Tag>> {
    static Parsed<Id<Tag>> parse(std::string_view text) {
        if (const auto id = Id<Tag>::parse(text)) return *id;
        return std::unexpected("must be a UUID");
    }
    static std::string text(const Id<Tag>& value) { return value.text(); }
    static boost::json::object schema() { return Scalar<Uuid>::schema(); }
};

template <>
struct Scalar<Time> {
    static Parsed<Time> parse(std::string_view text) {
        if (const auto time = parse_rfc3339(text)) return *time;
        return std::unexpected("must be an RFC 3339 time such as 2026-01-31T12:00:00Z");
    }
    static std::string text(const Time& value) { return rfc3339(value); }
    static boost::json::object schema() { return rules::format_schema("date-time"); }
};

/// An enumeration is its enumerators' identifiers, so what the code says is what the wire says.
template <DescribedEnum E>
struct Scalar<E> {
    struct Enumerator {
        E value;
        std::string_view name;
    };

    template <template <class...> class List, class... D>
    static consteval auto table(List<D...>) {
        return std::array<Enumerator, sizeof...(D)>{Enumerator{D::value, D::name}...};
    }
    template <template <class...> class List, class... D>
    static consteval auto name_table(List<D...>) {
        return std::array<std::string_view, sizeof...(D)>{D::name...};
    }
    static constexpr auto enumerators = table(boost::describe::describe_enumerators<E>{});
    static constexpr auto names = name_table(boost::describe::describe_enumerators<E>{});
    static_assert(std::ranges::none_of(names,
                                       [](std::string_view name) {
                                           return std::ranges::any_of(
                                               name, [](char c) { return c >= 'A' && c <= 'Z'; });
                                       }),
                  "enumerators on the wire are lower case");

    static Parsed<E> parse(std::string_view text) {
        for (const Enumerator& one : enumerators) {
            if (one.name == text) return one.value;
        }
        return std::unexpected(rules::names_rule(names));
    }
    static std::string_view text(E value) {
        for (const Enumerator& one : enumerators) {
            if (one.value == value) return one.name;
        }
        ensure(false, "an enumeration holds one of its enumerators");
        return {};
    }
    static boost::json::object schema() { return rules::enum_schema(names); }
};

template <std::int64_t Lo, std::int64_t Hi>
struct Scalar<Int<Lo, Hi>> {
    static Parsed<Int<Lo, Hi>> from(const boost::json::value& json) {
        return wrap(rules::integer(json, Lo, Hi));
    }
    static Parsed<Int<Lo, Hi>> parse(std::string_view text) { return wrap(rules::integer(text, Lo, Hi)); }
    static void append(std::string& out, Int<Lo, Hi> value) { rules::append_integer(out, value); }
    static boost::json::object schema() { return rules::integer_schema(Lo, Hi); }

  private:
    static Parsed<Int<Lo, Hi>> wrap(Parsed<std::int64_t> number) {
        if (!number) return std::unexpected(std::move(number.error()));
        return Int<Lo, Hi>{*number};
    }
};

template <class I>
concept PlainInteger = std::integral<I> && !std::same_as<I, bool> && !std::same_as<I, char> &&
                       sizeof(I) >= 2 && (std::signed_integral<I> || sizeof(I) < 8);

/// For events and views: every value that the type can hold.
template <PlainInteger I>
struct Scalar<I> {
    static constexpr std::int64_t lo = std::numeric_limits<I>::min();
    static constexpr std::int64_t hi = std::numeric_limits<I>::max();

    static Parsed<I> from(const boost::json::value& json) { return narrow(rules::integer(json, lo, hi)); }
    static Parsed<I> parse(std::string_view text) { return narrow(rules::integer(text, lo, hi)); }
    static void append(std::string& out, I value) { rules::append_integer(out, value); }
    static boost::json::object schema() { return rules::integer_schema(lo, hi); }

  private:
    static Parsed<I> narrow(Parsed<std::int64_t> number) {
        if (!number) return std::unexpected(std::move(number.error()));
        return static_cast<I>(*number);
    }
};

/// Finite numbers. NaN and the infinities, which JSON cannot spell, are written as null.
template <>
struct Scalar<double> {
    static Parsed<double> from(const boost::json::value& json);
    static Parsed<double> parse(std::string_view text);
    static void append(std::string& out, double value);
    static boost::json::object schema() { return rules::type_schema("number"); }
};

template <>
struct Scalar<bool> {
    static Parsed<bool> from(const boost::json::value& json);
    static Parsed<bool> parse(std::string_view text);
    static void append(std::string& out, bool value) { out += value ? "true" : "false"; }
    static boost::json::object schema() { return rules::type_schema("boolean"); }
};

}  // namespace platform::contract
