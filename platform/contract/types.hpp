#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

/// Types that carry their constraint: whoever reads one from outside has a value that satisfies it, and the
/// OpenAPI document states the same rule. They are open structs: code that fills one itself answers for the
/// value; read_text<T>() (scalar.hpp) checks text that is not yet known to be good.
namespace platform::contract {

/// Min to Max code points of UTF-8 on one line: no control characters, so neither NUL, which PostgreSQL
/// cannot store, nor line breaks, which forge log lines and mail headers.
template <std::size_t Min, std::size_t Max>
struct Text {
    static_assert(Min <= Max);
    std::string value;

    auto operator<=>(const Text&) const = default;
};

/// Text that may run over several lines: line feeds and tabs are allowed, other control characters are not.
template <std::size_t Min, std::size_t Max>
struct Prose {
    static_assert(Min <= Max);
    std::string value;

    auto operator<=>(const Prose&) const = default;
};

/// An identifier of A-Z a-z 0-9 . _ : - that needs no escaping anywhere: codes, slugs, cursors, payment
/// methods.
template <std::size_t Min, std::size_t Max>
struct Token {
    static_assert(Min <= Max);
    std::string value;

    auto operator<=>(const Token&) const = default;
};

/// Text that must not appear in logs, test output or error messages. It is written when it is serialised,
/// since the wire is where a password or a token belongs; everything else has to say reveal().
template <std::size_t Min, std::size_t Max>
class Secret {
  public:
    static_assert(Min <= Max);

    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}

    const std::string& reveal() const { return text_; }

  private:
    template <class Traits>
    friend std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                                        const Secret&) {
        return out << "***";
    }

    std::string text_;
};

/// A whole number from Lo to Hi.
template <std::int64_t Lo, std::int64_t Hi>
struct Int {
    static_assert(Lo <= Hi);
    std::int64_t value = Lo;

    // Comparison goes through the conversion: an operator of its own would make `quantity == 3` ambiguous.
    constexpr operator std::int64_t() const { return value; }
};

/// Min to Max elements.
template <class T, std::size_t Min, std::size_t Max>
struct List {
    static_assert(Min <= Max);
    std::vector<T> value;

    bool operator==(const List&) const = default;
    auto begin() const { return value.begin(); }
    auto end() const { return value.end(); }
    std::size_t size() const { return value.size(); }
};

/// An address as the user wrote it. The check is pragmatic: what it lets through can be handed to a mail
/// server, whether somebody reads it only a message can tell.
struct Email {
    static constexpr std::size_t length_max = 254;
    std::string value;

    /// Lower case throughout. The local part is case-sensitive by the letter of the standard and nowhere in
    /// practice: use this form as the key that keeps one address to one account.
    std::string normalised() const;

    auto operator<=>(const Email&) const = default;
};

}  // namespace platform::contract
