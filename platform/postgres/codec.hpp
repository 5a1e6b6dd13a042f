#pragma once

#include <bit>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/base/uuid.hpp"

/// How C++ values stand in PostgreSQL's binary format, in both directions. A type is supported when Codec<T>
/// is complete: bool, 16/32/64-bit integers, double, text, Uuid, Id<Tag>, Time (timestamptz), sys_days
/// (date), Bytes (bytea), Json (jsonb), described enums (text) and every struct whose only datum is a member
/// `value` of such a type. Around any of them: std::optional (NULL), and std::vector or, as a parameter,
/// std::span (array).
namespace platform::postgres {

/// PostgreSQL's object id of a data type.
using TypeId = std::uint32_t;

/// A jsonb value as its text; the server checks it and may write it back differently spaced.
struct Json {
    std::string text;
    bool operator==(const Json&) const = default;
};

using Bytes = std::vector<std::byte>;

/// What arrived is not what the type says: a program and a schema that disagree.
class BadValue : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Specialised per type:
///   static constexpr TypeId type, array_type;  static bool accepts(TypeId column_type);
///   static void write(std::string& out, const T&);  static T read(std::string_view bytes);  // throws
///   BadValue
template <class T>
struct Codec;

template <class T>
concept Scalar = requires { Codec<T>::type; };

namespace detail {

template <class Integer>
void put(std::string& out, Integer value) {
    using Unsigned = std::make_unsigned_t<Integer>;
    auto bits = static_cast<Unsigned>(value);
    for (int shift = static_cast<int>(sizeof(Integer) * 8) - 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> shift)));
}

template <class Integer>
Integer get(std::string_view bytes) {
    if (bytes.size() != sizeof(Integer)) throw BadValue("a number of the wrong size");
    std::make_unsigned_t<Integer> bits = 0;
    for (char byte : bytes) {
        bits = static_cast<decltype(bits)>(bits << 8);
        bits = static_cast<decltype(bits)>(bits | static_cast<unsigned char>(byte));
    }
    return static_cast<Integer>(bits);
}

/// Takes the first `size` bytes off `bytes`.
inline std::string_view take(std::string_view& bytes, std::size_t size) {
    if (bytes.size() < size) throw BadValue("a value that ends too early");
    auto taken = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return taken;
}

// PostgreSQL counts from 2000-01-01.
constexpr std::chrono::sys_days epoch{std::chrono::year{2000} / 1 / 1};

}  // namespace detail

template <>
struct Codec<bool> {
    static constexpr TypeId type = 16, array_type = 1000;
    static bool accepts(TypeId column) { return column == type; }
    static void write(std::string& out, bool value) { out.push_back(value ? '\1' : '\0'); }
    static bool read(std::string_view bytes) { return detail::get<std::int8_t>(bytes) != 0; }
};

/// Reads narrower columns too, so that an `integer` column may fill an std::int64_t; writes its own width,
/// which the server narrows with a range check.
template <class Integer>
    requires std::is_same_v<Integer, std::int16_t> || std::is_same_v<Integer, std::int32_t> ||
             std::is_same_v<Integer, std::int64_t> || std::is_same_v<Integer, long long>
struct Codec<Integer> {
    static constexpr TypeId type = sizeof(Integer) == 2 ? 21 : sizeof(Integer) == 4 ? 23 : 20;
    static constexpr TypeId array_type = sizeof(Integer) == 2 ? 1005 : sizeof(Integer) == 4 ? 1007 : 1016;
    static bool accepts(TypeId column) {
        return column == 21 || (column == 23 && sizeof(Integer) >= 4) ||
               (column == 20 && sizeof(Integer) >= 8);
    }
    static void write(std::string& out, Integer value) { detail::put(out, value); }
    static Integer read(std::string_view bytes) {
        if (bytes.size() > sizeof(Integer)) throw BadValue("an integer too wide for its member");
        if (bytes.size() == 2) return detail::get<std::int16_t>(bytes);
        if (bytes.size() == 4) return static_cast<Integer>(detail::get<std::int32_t>(bytes));
        return static_cast<Integer>(detail::get<std::int64_t>(bytes));
    }
};

template <>
struct Codec<double> {
    static constexpr TypeId type = 701, array_type = 1022;
    static bool accepts(TypeId column) { return column == type; }
    static void write(std::string& out, double value) {
        detail::put(out, std::bit_cast<std::int64_t>(value));
    }
    static double read(std::string_view bytes) {
        return std::bit_cast<double>(detail::get<std::int64_t>(bytes));
    }
};

/// Reads what PostgreSQL sends as plain characters: text, varchar, char(n), name and json (not jsonb).
template <>
struct Codec<std::string> {
    static constexpr TypeId type = 25, array_type = 1009;
    static bool accepts(TypeId column) {
        return column == type || column == 1043 || column == 1042 || column == 19 || column == 114;
    }
    static void write(std::string& out, std::string_view value) { out += value; }
    static std::string read(std::string_view bytes) { return std::string(bytes); }
};

/// A parameter only: what it would show of a result is gone with the result.
template <>
struct Codec<std::string_view> {
    static constexpr TypeId type = 25, array_type = 1009;
    static void write(std::string& out, std::string_view value) { out += value; }
};

template <>
struct Codec<Uuid> {
    static constexpr TypeId type = 2950, array_type = 2951;
    static bool accepts(TypeId column) { return column == type; }
    static void write(std::string& out, const Uuid& value) {
        out.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
    }
    static Uuid read(std::string_view bytes) {
        Uuid value;
        if (bytes.size() != value.bytes.size()) throw BadValue("a uuid of the wrong size");
        std::memcpy(value.bytes.data(), bytes.data(), bytes.size());
        return value;
    }
};

/// PostgreSQL's infinity and -infinity are Time::max() and Time::min().
template <>
struct Codec<Time> {
    static constexpr TypeId type = 1184, array_type = 1185;
    static bool accepts(TypeId column) { return column == type; }
    static void write(std::string& out, Time value) {
        bool finite = value != Time::max() && value != Time::min();
        if (finite && value < Time::min() + detail::epoch.time_since_epoch())
            throw BadValue("a time before all that PostgreSQL knows");
        auto count = (finite ? value - detail::epoch : value.time_since_epoch()).count();
        detail::put(out, static_cast<std::int64_t>(count));
    }
    static Time read(std::string_view bytes) {
        auto count = std::chrono::microseconds(detail::get<std::int64_t>(bytes));
        if (count == count.max() || count == count.min()) return Time(count);
        return detail::epoch + count;
    }
};

template <>
struct Codec<std::chrono::sys_days> {
    static constexpr TypeId type = 1082, array_type = 1182;
    static bool accepts(TypeId column) { return column == type; }
    static void write(std::string& out, std::chrono::sys_days value) {
        detail::put(out, static_cast<std::int32_t>((value - detail::epoch).count()));
    }
    static std::chrono::sys_days read(std::string_view bytes) {
        return detail::epoch + std::chrono::days(detail::get<std::int32_t>(bytes));
    }
};

template <>
struct Codec<Bytes> {
    static constexpr TypeId type = 17, array_type = 1001;
    static bool accepts(TypeId column) { return column == type; }
    static void write(std::string& out, const Bytes& value) {
        out.append(reinterpret_cast<const char*>(value.data()), value.size());
    }
    static Bytes read(std::string_view bytes) {
        auto first = reinterpret_cast<const std::byte*>(bytes.data());
        return Bytes(first, first + bytes.size());
    }
};

template <>
struct Codec<Json> {
    static constexpr TypeId type = 3802, array_type = 3807;
    static bool accepts(TypeId column) { return column == type; }
    static void write(std::string& out, const Json& value) {
        out.push_back('\1');  // The only version of jsonb's binary form.
        out += value.text;
    }
    static Json read(std::string_view bytes) {
        if (detail::take(bytes, 1) != "\1") throw BadValue("a jsonb version that is not known");
        return Json{std::string(bytes)};
    }
};

/// Enums are text, so that a new enumerator needs no change of a database type. A text that names no
/// enumerator is an error of the reader, never a default.
template <class Enum>
    requires std::is_enum_v<Enum> && boost::describe::has_describe_enumerators<Enum>::value
struct Codec<Enum> {
    static constexpr TypeId type = 25, array_type = 1009;
    static bool accepts(TypeId column) { return Codec<std::string>::accepts(column); }
    static void write(std::string& out, Enum value) {
        const char* name = boost::describe::enum_to_string(value, nullptr);
        if (!name) throw BadValue("an enum value without a name");
        out += name;
    }
    static Enum read(std::string_view bytes) {
        Enum value{};
        if (!boost::describe::enum_from_string(std::string(bytes).c_str(), value))
            throw BadValue("no enumerator is named '" + std::string(bytes) + "'");
        return value;
    }
};

/// A type that only gives another one a name or a rule: Id<Tag>, contract scalars, domain types such as a
/// SKU. Described structs are rows, not scalars.
template <class T>
concept Wrapper = std::is_class_v<T> && !boost::describe::has_describe_members<T>::value && requires {
    requires std::is_member_object_pointer_v<decltype(&T::value)>;
} && Scalar<std::remove_cvref_t<decltype(std::declval<T&>().value)>>;

/// The rule of a contract scalar is not checked again on the way out of the database.
template <Wrapper T>
struct Codec<T> {
    using Inner = Codec<std::remove_cvref_t<decltype(std::declval<T&>().value)>>;
    static constexpr TypeId type = Inner::type, array_type = Inner::array_type;
    static bool accepts(TypeId column) { return Inner::accepts(column); }
    static void write(std::string& out, const T& value) { Inner::write(out, value.value); }
    static T read(std::string_view bytes) {
        T value{};
        value.value = Inner::read(bytes);
        return value;
    }
};

}  // namespace platform::postgres
