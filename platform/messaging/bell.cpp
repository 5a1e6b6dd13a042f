#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "platform/messaging/connection.hpp"

namespace platform::messaging {

Bell::Bell() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Bell::~Bell() { ::close(descriptor_); }

void Bell::ring() const {
    // It can only fail when the counter is full, and then it rings already.
    [[maybe_unused]] const int full = eventfd_write(descriptor_, 1);
}

void Bell::quiet() const {
    eventfd_t rings = 0;
    [[maybe_unused]] const int silent = eventfd_read(descriptor_, &rings);
}

bool Connection::writable() const {
    pollfd socket{descriptor(), POLLOUT, 0};
    return poll(&socket, 1, 0) == 1;
}

void wait_for(const Bell& bell, const Connection* connection, bool for_writing,
              std::chrono::milliseconds limit) {
    std::array<pollfd, 2> watched{};
    watched[0] = {bell.descriptor(), POLLIN, 0};
    watched[1] = {connection ? connection->descriptor() : -1, POLLIN, 0};
    if (for_writing) watched[1].events |= POLLOUT;
    const auto timeout = static_cast<int>(std::max<std::chrono::milliseconds::rep>(limit.count(), 0));
    poll(watched.data(), watched.size(), timeout);
    bell.quiet();
}

}  // namespace platform::messaging
