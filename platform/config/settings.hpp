#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>

#include "platform/base/ensure.hpp"
#include "platform/contract/scalar.hpp"

/// The types of the members of a configuration struct, beside bool, std::string, described enumerations,
/// Milliseconds and std::optional. Each is a contract::Scalar, so a type of one's own joins in
/// the same way.
namespace platform::config {

/// A whole number that must lie from Lo to Hi. There is no limit without a value: a member has an initialiser
/// or is a Required<Limit<Lo, Hi>>. A value out of range in the code is a bug and ends the process.
template <std::int64_t Lo, std::int64_t Hi>
class Limit {
  public:
    static_assert(Lo <= Hi);

    constexpr Limit(std::int64_t value) : value_(value) {
        if (value < Lo || value > Hi) ensure(false, "a limit lies in the range of its type");
    }
    constexpr operator std::int64_t() const { return value_; }

  private:
    std::int64_t value_;
};

/// A time that must lie from Lo to Hi milliseconds; otherwise as a Limit. Used like any other duration.
template <std::int64_t Lo, std::int64_t Hi>
class Milliseconds : public std::chrono::milliseconds {
  public:
    static_assert(0 <= Lo && Lo <= Hi);

    /// From milliseconds or a longer unit.
    template <class Rep, class Period>
    constexpr Milliseconds(std::chrono::duration<Rep, Period> time) : std::chrono::milliseconds(time) {
        if (count() < Lo || count() > Hi) ensure(false, "a time lies in the range of its type");
    }
};

/// A setting without a sensible default. Reading one that was never given is a bug.
template <class T>
class Required {
  public:
    Required() = default;

    template <class U = T>
        requires(std::constructible_from<T, U> && !std::same_as<std::remove_cvref_t<U>, Required>)
    explicit(!std::convertible_to<U, T>) Required(U&& value) : value_(std::forward<U>(value)) {}

    const T& operator*() const {
        ensure(value_.has_value(), "a required setting was loaded before it is read");
        return *value_;
    }
    const T* operator->() const { return &**this; }
    operator const T&() const { return **this; }

  private:
    std::optional<T> value_;
};

/// Text that describe() and error messages do not show. It may come from the file that SHOP_<NAME>_FILE
/// names.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}

    const std::string& reveal() const { return text_; }
    bool empty() const { return text_.empty(); }

  private:
    template <class Traits>
    friend std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                                        const Secret&) {
        return out << "***";
    }

    std::string text_;
};

/// The rule that the text breaks as a URL with one of the schemes (any, if there are none), or nothing. URLs
/// of the web, of the broker and of the cache name a host; a database may be behind a Unix socket.
std::optional<std::string> fault_in_url(std::string_view text, std::span<const std::string_view> schemes);

/// The URL with *** in place of its password and of query parameters that look like one.
std::string without_secrets(std::string_view url);

template <std::size_t N>
struct Scheme {
    char name[N];
    consteval Scheme(const char (&text)[N]) { std::copy_n(text, N, name); }
    constexpr std::string_view view() const { return {name, N - 1}; }
};

/// A URL with one of the schemes, kept as it was written. It may hold a password, so it is treated as a
/// secret: never quoted in an error, masked by describe(), readable from SHOP_<NAME>_FILE. Special characters
/// in user name and password have to be percent-encoded.
template <Scheme... Schemes>
class UrlOf {
  public:
    static constexpr std::array<std::string_view, sizeof...(Schemes)> schemes{Schemes.view()...};

    UrlOf() = default;
    UrlOf(std::string text) : text_(std::move(text)) {
        ensure(!fault_in_url(text_, schemes), "a URL in the code is well-formed");
    }
    UrlOf(const char* text) : UrlOf(std::string(text)) {}

    const std::string& text() const { return text_; }
    operator const std::string&() const { return text_; }

  private:
    template <class Traits>
    friend std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                                        const UrlOf& url) {
        return out << without_secrets(url.text_);
    }

    std::string text_;
};

using Url = UrlOf<>;
using HttpUrl = UrlOf<"http", "https">;
using PostgresUrl = UrlOf<"postgresql", "postgres">;
using AmqpUrl = UrlOf<"amqp", "amqps">;
using RedisUrl = UrlOf<"redis", "rediss">;

/// What describe() shows of a value that holds a secret; only such types have one.
inline std::string masked(const Secret& secret) { return secret.empty() ? "" : "***"; }
template <Scheme... Schemes>
std::string masked(const UrlOf<Schemes...>& url) {
    return without_secrets(url.text());
}

template <class T>
concept Sensitive = requires(const T& value) { masked(value); };

}  // namespace platform::config

namespace platform::contract {

template <std::int64_t Lo, std::int64_t Hi>
struct Scalar<config::Limit<Lo, Hi>> {
    static Parsed<config::Limit<Lo, Hi>> parse(std::string_view text) {
        const auto number = rules::integer(text, Lo, Hi);
        if (!number) return std::unexpected(number.error());
        return config::Limit<Lo, Hi>(*number);
    }
    static std::string text(config::Limit<Lo, Hi> limit) { return std::to_string(std::int64_t{limit}); }
};

template <std::int64_t Lo, std::int64_t Hi>
struct Scalar<config::Milliseconds<Lo, Hi>> {
    static Parsed<config::Milliseconds<Lo, Hi>> parse(std::string_view text) {
        const auto number = rules::integer(text, Lo, Hi);
        if (!number) return std::unexpected(number.error());
        return config::Milliseconds<Lo, Hi>(std::chrono::milliseconds(*number));
    }
    static std::string text(std::chrono::milliseconds time) { return std::to_string(time.count()); }
};

template <>
struct Scalar<config::Secret> {
    static Parsed<config::Secret> parse(std::string_view text) {
        if (auto fault = rules::fault_in_plain(text)) return std::unexpected(std::move(*fault));
        return config::Secret(std::string(text));
    }
    static const std::string& text(const config::Secret& secret) { return secret.reveal(); }
};

template <config::Scheme... Schemes>
struct Scalar<config::UrlOf<Schemes...>> {
    static Parsed<config::UrlOf<Schemes...>> parse(std::string_view text) {
        if (auto fault = config::fault_in_url(text, config::UrlOf<Schemes...>::schemes)) {
            return std::unexpected(std::move(*fault));
        }
        return config::UrlOf<Schemes...>(std::string(text));
    }
    static const std::string& text(const config::UrlOf<Schemes...>& url) { return url.text(); }
};

}  // namespace platform::contract
