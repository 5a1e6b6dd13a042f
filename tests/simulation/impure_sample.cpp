#include <pthread.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <random>

/// Refers to what a domain must not refer to, so that the purity gate is seen to find it. Never called.
long impure_sample() {
    std::random_device device;
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    const bool set = std::getenv("PURE") != nullptr;
    const bool same = pthread_equal(pthread_self(), pthread_t{}) != 0;
    return now + std::time(nullptr) + socket(AF_INET, SOCK_STREAM, 0) + static_cast<long>(device()) +
           static_cast<long>(set) + static_cast<long>(same);
}
