#pragma once

#include "platform/postgres/codec.hpp"

/// Values with NULL and arrays around the scalars of codec.hpp: what a parameter or a column can be.
namespace platform::postgres {

/// Specialised for scalars, std::optional, std::vector and std::span:
///   type, name of what it needs, accepts(column type);
///   bool write(out, value): false means NULL;  read(std::optional<std::string_view>): no bytes means NULL.
template <class T>
struct Value;

template <Scalar T>
struct Value<T> {
    static constexpr TypeId type = Codec<T>::type;
    static bool accepts(TypeId column) { return Codec<T>::accepts(column); }
    static bool write(std::string& out, const T& value) {
        Codec<T>::write(out, value);
        return true;
    }
    static T read(std::optional<std::string_view> bytes) {
        if (!bytes) throw BadValue("a NULL where none is expected");
        return Codec<T>::read(*bytes);
    }
};

template <class T>
struct Value<std::optional<T>> {
    static constexpr TypeId type = Value<T>::type;
    static bool accepts(TypeId column) { return Value<T>::accepts(column); }
    static bool write(std::string& out, const std::optional<T>& value) {
        return value && Value<T>::write(out, *value);
    }
    static std::optional<T> read(std::optional<std::string_view> bytes) {
        if (!bytes) return std::nullopt;
        return Value<T>::read(bytes);
    }
};

namespace detail {

template <class T>
struct Element {
    using Bare = T;
};
template <class T>
struct Element<std::optional<T>> {
    using Bare = T;
};

template <Scalar T>
TypeId element_of(TypeId array) {
    // Only what differs between an array and its element needs a name here: the text-like types share a
    // codec.
    if (array == Codec<T>::array_type) return Codec<T>::type;
    if (array == 1015) return 1043;  // varchar[]
    if (array == 1007) return 23;    // integer[]
    if (array == 1005) return 21;    // smallint[]
    return 0;
}

/// One-dimensional array: dimensions, has-null flag, element type, length, lower bound, then the elements,
/// each behind its length (-1 is NULL). An empty array has no dimension.
template <class Element, class Range>
void write_array(std::string& out, const Range& values) {
    put<std::int32_t>(out, std::size(values) == 0 ? 0 : 1);
    put<std::int32_t>(out, std::is_same_v<Element, typename detail::Element<Element>::Bare> ? 0 : 1);
    put<std::uint32_t>(out, Value<Element>::type);
    if (std::size(values) == 0) return;
    put<std::int32_t>(out, static_cast<std::int32_t>(std::size(values)));
    put<std::int32_t>(out, 1);
    for (auto&& value : values) {
        auto start = out.size();
        put<std::int32_t>(out, -1);
        const Element& element = value;
        if (!Value<Element>::write(out, element)) continue;
        std::string length;
        put(length, static_cast<std::int32_t>(out.size() - start - sizeof(std::int32_t)));
        out.replace(start, length.size(), length);
    }
}

template <class Element>
std::vector<Element> read_array(std::string_view bytes) {
    auto dimensions = get<std::int32_t>(take(bytes, 4));
    take(bytes, 8);  // The flag and the element type say nothing that the elements do not.
    if (dimensions == 0) return {};
    if (dimensions != 1) throw BadValue("an array of more than one dimension");
    auto length = get<std::int32_t>(take(bytes, 4));
    take(bytes, 4);
    if (length < 0 || static_cast<std::size_t>(length) > bytes.size() / 4)
        throw BadValue("an array longer than its bytes");
    std::vector<Element> values;
    values.reserve(static_cast<std::size_t>(length));
    for (std::int32_t i = 0; i < length; ++i) {
        auto size = get<std::int32_t>(take(bytes, 4));
        std::optional<std::string_view> element;
        if (size >= 0) element = take(bytes, static_cast<std::size_t>(size));
        values.push_back(Value<Element>::read(element));
    }
    return values;
}

}  // namespace detail

template <class T>
    requires(!Scalar<std::vector<T>>)
struct Value<std::vector<T>> {
    using Bare = typename detail::Element<T>::Bare;
    static constexpr TypeId type = Codec<Bare>::array_type;
    static bool accepts(TypeId column) { return Codec<Bare>::accepts(detail::element_of<Bare>(column)); }
    static bool write(std::string& out, const std::vector<T>& value) {
        detail::write_array<T>(out, value);
        return true;
    }
    static std::vector<T> read(std::optional<std::string_view> bytes) {
        if (!bytes) throw BadValue("a NULL where an array is expected");
        return detail::read_array<T>(*bytes);
    }
};

/// A parameter only; it is copied when the statement is queued, so it need not outlive the call.
template <class T>
struct Value<std::span<const T>> {
    using Bare = typename detail::Element<T>::Bare;
    static constexpr TypeId type = Codec<Bare>::array_type;
    static bool write(std::string& out, std::span<const T> value) {
        detail::write_array<T>(out, value);
        return true;
    }
};

/// The encoded parameters of one statement.
class Parameters {
  public:
    struct Piece {
        std::size_t offset;
        int length;  // -1 is NULL.
    };

    template <class... A>
    static Parameters of(const A&... values) {
        Parameters parameters;
        parameters.pieces_.reserve(sizeof...(A));
        (parameters.add(values), ...);
        return parameters;
    }

    std::span<const Piece> pieces() const { return pieces_; }
    const char* data() const { return data_.data(); }

  private:
    template <class T>
    void add(const T& value) {
        auto start = data_.size();
        bool present = Value<T>::write(data_, value);
        pieces_.push_back({start, present ? static_cast<int>(data_.size() - start) : -1});
    }

    std::string data_;
    std::vector<Piece> pieces_;
};

}  // namespace platform::postgres
