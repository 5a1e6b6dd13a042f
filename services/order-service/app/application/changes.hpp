#pragma once

#include "services/order-service/app/application/ports.hpp"

namespace shop::order {

/// Adds the history and events of a decision, giving each event the id under which it will be known
/// everywhere.
inline void add(Changes& changes, Decision decision, std::string traceparent, platform::Ids& ids) {
    for (auto& entry : decision.history) changes.history.push_back(std::move(entry));
    for (auto& event : decision.events) changes.events.push_back({ids.next(), std::move(event), traceparent});
}

}  // namespace shop::order
