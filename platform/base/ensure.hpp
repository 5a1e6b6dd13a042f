#pragma once

#include <source_location>

namespace platform {

[[noreturn]] void broken(const char* what, std::source_location where);

/// States what only a bug of ours can break. Kept on in release: a process that is wrong about itself must
/// not go on writing. `what` says what should have held.
inline void ensure(bool holds, const char* what,
                   std::source_location where = std::source_location::current()) {
    if (!holds) [[unlikely]]
        broken(what, where);
}

}  // namespace platform
