#include "platform/base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace platform {

void broken(const char* what, std::source_location where) {
    std::fprintf(stderr, "broken invariant: %s (%s:%u in %s)\n", what, where.file_name(),
                 static_cast<unsigned>(where.line()), where.function_name());
    std::abort();
}

}  // namespace platform
