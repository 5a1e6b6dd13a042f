#pragma once

#include <boost/asio/awaitable.hpp>

namespace platform {

/// What a use case returns: it may wait, on one io_context thread, and resumes there.
template <class T = void>
using awaitable = boost::asio::awaitable<T>;

}  // namespace platform
