#pragma once

/// Everything for JSON documents: parse(), read(), from_json(), write(), to_json() and the types they know.

#include "platform/contract/parse.hpp"
#include "platform/contract/read.hpp"
#include "platform/contract/types.hpp"
#include "platform/contract/write.hpp"
