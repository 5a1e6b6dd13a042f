#pragma once

#include <boost/describe/members.hpp>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "platform/contract/scalar.hpp"
#include "platform/contract/types.hpp"

/// What reading, writing and describing have in common: the members of a struct named by
/// BOOST_DESCRIBE_STRUCT (or BOOST_DESCRIBE_CLASS inside a template), those of its described bases first.
namespace platform::contract {

template <class T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value && !WiredType<T>;

template <Described T>
using members_of =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T>
struct Optional : std::false_type {};
template <class T>
struct Optional<std::optional<T>> : std::true_type {
    using Element = T;
};
template <class T>
concept OptionalType = Optional<T>::value;

/// Arrays on the wire: List with its limits, and std::vector for events and views.
template <class T>
struct Sequence : std::false_type {};
template <class T>
struct Sequence<std::vector<T>> : std::true_type {
    using Element = T;
    static constexpr bool limited = false;
    static auto& elements(auto& sequence) { return sequence; }
};
template <class T, std::size_t Min, std::size_t Max>
struct Sequence<List<T, Min, Max>> : std::true_type {
    using Element = T;
    static constexpr bool limited = true;
    static constexpr std::size_t min = Min;
    static constexpr std::size_t max = Max;
    static auto& elements(auto& sequence) { return sequence.value; }
};
template <class T>
concept SequenceType = Sequence<T>::value;

}  // namespace platform::contract
