#pragma once

#include <concepts>
#include <string>

#include "shared/app/schemas/ids.hpp"

namespace shop {

/// What an event is about, as the subject it travels under: the order, for everything that tells of one. An
/// event about something else has a subject_of of its own beside it.
template <class Event>
    requires requires(const Event& event) {
        { event.order_id } -> std::same_as<const OrderId&>;
    }
std::string subject_of(const Event& event) {
    return event.order_id.text();
}

}  // namespace shop
