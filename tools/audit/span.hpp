#pragma once

#include "tools/audit/books.hpp"

namespace shop::audit {

/// What was made from `from` until just before `until`, by the time that its UUIDv7 carries.
struct Span {
    Time from = Time::min(), until = Time::max();

    bool holds(Uuid id) const { return first() <= id && id < end(); }
    /// The least id made in it, and the least made after it.
    Uuid first() const;
    Uuid end() const;
};

}  // namespace shop::audit
