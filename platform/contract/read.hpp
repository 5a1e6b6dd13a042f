#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "platform/contract/described.hpp"
#include "platform/contract/parse.hpp"
#include "platform/contract/violation.hpp"

namespace platform::contract {

/// The object that a described struct is read from; refuses everything else.
const boost::json::object* object_at(const boost::json::value& json, const Where& where, Reading& reading);

/// The array; refuses everything else.
const boost::json::array* array_at(const boost::json::value& json, const Where& where, Reading& reading);

/// Refuses every member whose name the struct does not have.
void refuse_unknown_members(const boost::json::object& object, std::span<const std::string_view> names,
                            const Where& where, Reading& reading);

template <class T>
void read_value(T& out, const boost::json::value& json, const Where& where, Reading& reading);

/// A required member must be there. An optional one may be absent; null is another spelling of absence only
/// where unknown members are ignored too, that is for documents that we did not ask for.
template <class M>
void read_member(const boost::json::object& object, std::string_view name, M& out, std::size_t& found,
                 const Where& parent, Reading& reading) {
    const boost::json::value* json = object.if_contains(name);
    if (json != nullptr) ++found;
    const Where where(parent, name);
    if constexpr (OptionalType<M>) {
        if (json == nullptr || (json->is_null() && reading.unknown() == Unknown::ignore)) return;
        read_value(out.emplace(), *json, where, reading);
    } else {
        if (json == nullptr) return reading.refuse(where, "is required");
        read_value(out, *json, where, reading);
    }
}

template <class T, template <class...> class Members, class... D>
void read_members(T& out, const boost::json::object& object, const Where& where, Reading& reading,
                  Members<D...>) {
    static constexpr std::array<std::string_view, sizeof...(D)> names{D::name...};
    std::size_t found = 0;
    (read_member(object, D::name, out.*D::pointer, found, where, reading), ...);
    if (reading.unknown() == Unknown::refuse && found < object.size()) {
        refuse_unknown_members(object, names, where, reading);
    }
}

/// A sequence over its limit is not read past it: the work stays bounded by what the type allows.
template <class S>
void read_elements(S& out, const boost::json::array& array, const Where& where, Reading& reading) {
    std::size_t count = array.size();
    if constexpr (Sequence<S>::limited) {
        if (count < Sequence<S>::min || count > Sequence<S>::max) {
            reading.refuse(where, rules::size_rule(Sequence<S>::min, Sequence<S>::max, "element"));
            count = std::min(count, Sequence<S>::max);
        }
    }
    auto& elements = Sequence<S>::elements(out);
    elements.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        typename Sequence<S>::Element element{};
        read_value(element, array[i], Where(where, i), reading);
        elements.push_back(std::move(element));
    }
}

/// The JSON side of a scalar.
template <ScalarType T>
Parsed<T> read_scalar(const boost::json::value& json) {
    if constexpr (BareScalar<T>) {
        return Scalar<T>::from(json);
    } else {
        if (const auto* text = json.if_string()) return Scalar<T>::parse({text->data(), text->size()});
        return std::unexpected("must be a string");
    }
}

/// Fills `out` as far as the document allows and reports every violation to `reading`.
template <class T>
void read_value(T& out, const boost::json::value& json, const Where& where, Reading& reading) {
    if constexpr (WiredType<T>) {
        typename Scalar<T>::Wire wire{};
        const std::size_t before = reading.refusals();
        read_value(wire, json, where, reading);
        if (reading.refusals() != before) return;
        auto value = Scalar<T>::from(wire);
        if (!value) return reading.refuse(where, std::move(value.error()));
        out = std::move(*value);
    } else if constexpr (ScalarType<T>) {
        auto value = read_scalar<T>(json);
        if (!value) return reading.refuse(where, std::move(value.error()));
        out = std::move(*value);
    } else if constexpr (SequenceType<T>) {
        if (const auto* array = array_at(json, where, reading)) read_elements(out, *array, where, reading);
    } else {
        static_assert(Described<T>, "the type has neither BOOST_DESCRIBE_STRUCT nor a contract::Scalar");
        if (const auto* object = object_at(json, where, reading)) {
            read_members(out, *object, where, reading, members_of<T>{});
        }
    }
}

/// Reads a T, or says everything that keeps the document from being one.
template <class T>
std::expected<T, Violations> read(const boost::json::value& json, Unknown unknown) {
    Reading reading(unknown);
    T out{};
    read_value(out, json, Where(), reading);
    if (reading.refusals() > 0) return std::unexpected(reading.take());
    return out;
}

/// parse() and read() in one step, for events: the intermediate value lives on the stack as far as it fits.
/// The error is one line for a log.
template <class T>
std::expected<T, std::string> from_json(std::string_view text, Unknown unknown = Unknown::ignore) {
    const ScratchStorage scratch;
    const auto json = contract::parse(text, scratch.storage());
    if (!json) return std::unexpected(json.error());
    auto value = read<T>(*json, unknown);
    if (!value) return std::unexpected(summary(value.error()));
    return std::move(*value);
}

}  // namespace platform::contract
