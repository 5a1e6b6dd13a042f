#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "platform/contract/described.hpp"

namespace platform::contract {

/// Appends the text as a JSON string. It must be UTF-8; it is not checked again on the way out.
void append_string(std::string& out, std::string_view text);

/// Appends the comma, unless this is the first member, and `"name":`.
void append_name(std::string& out, std::string_view name, bool& first);

template <class T>
void append_value(std::string& out, const T& value);

template <class M>
void append_member(std::string& out, std::string_view name, const M& value, bool& first) {
    if constexpr (OptionalType<M>) {
        if (value) append_member(out, name, *value, first);
    } else {
        append_name(out, name, first);
        append_value(out, value);
    }
}

template <class T, template <class...> class Members, class... D>
void append_members(std::string& out, const T& value, Members<D...>) {
    [[maybe_unused]] bool first = true;
    out += '{';
    (append_member(out, D::name, value.*D::pointer, first), ...);
    out += '}';
}

template <class T>
void append_value(std::string& out, const T& value) {
    if constexpr (WiredType<T>) {
        const typename Scalar<T>::Wire& wire = Scalar<T>::wire(value);
        append_value(out, wire);
    } else if constexpr (BareScalar<T>) {
        Scalar<T>::append(out, value);
    } else if constexpr (ScalarType<T>) {
        append_string(out, Scalar<T>::text(value));
    } else if constexpr (SequenceType<T>) {
        out += '[';
        bool first = true;
        for (const typename Sequence<T>::Element& element : Sequence<T>::elements(value)) {
            if (!first) out += ',';
            first = false;
            append_value(out, element);
        }
        out += ']';
    } else {
        static_assert(Described<T>, "the type has neither BOOST_DESCRIBE_STRUCT nor a contract::Scalar");
        append_members(out, value, members_of<T>{});
    }
}

/// The JSON text of a value, members in the order of the declaration, absent optional members omitted. Goes
/// straight into the string: this is on the path of every event and every answer.
template <class T>
std::string to_json(const T& value) {
    std::string out;
    out.reserve(256);
    append_value(out, value);
    return out;
}

/// The value that to_json() spells.
boost::json::value value_of_json(std::string_view text);

/// For documents assembled from several parts; where only the text is wanted, to_json() is cheaper.
template <class T>
boost::json::value write(const T& value) {
    return value_of_json(to_json(value));
}

}  // namespace platform::contract
