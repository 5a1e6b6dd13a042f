#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace platform {

/// 128 bits, ordered as bytes, so that UUIDv7 values sort by the time they were made.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    auto operator<=>(const Uuid&) const = default;

    /// Lower-case 8-4-4-4-12 form.
    std::string text() const;

    /// Accepts the 8-4-4-4-12 form in either case, nothing else: an id has one spelling.
    static std::optional<Uuid> parse(std::string_view text);

    /// Milliseconds since 1970 that a UUIDv7 carries in its first 48 bits; meaningless for other versions.
    std::int64_t unix_milliseconds() const;
};

/// A Uuid that cannot be mistaken for another kind of id. Tag is any type, usually only declared.
template <class Tag>
struct Id {
    Uuid value;

    auto operator<=>(const Id&) const = default;
    std::string text() const { return value.text(); }
    static std::optional<Id> parse(std::string_view text) {
        auto value = Uuid::parse(text);
        return value ? std::optional<Id>{Id{*value}} : std::nullopt;
    }
};

}  // namespace platform

template <>
struct std::hash<platform::Uuid> {
    std::size_t operator()(const platform::Uuid& id) const noexcept {
        std::uint64_t low;  // The last eight bytes are the random ones.
        std::memcpy(&low, id.bytes.data() + 8, sizeof low);
        return static_cast<std::size_t>(low);
    }
};

template <class Tag>
struct std::hash<platform::Id<Tag>> {
    std::size_t operator()(const platform::Id<Tag>& id) const noexcept {
        return std::hash<platform::Uuid>{}(id.value);
    }
};
