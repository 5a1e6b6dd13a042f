#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "tools/audit/audit.hpp"
#include "tools/audit/report.hpp"
#include "tools/audit/tests/world.hpp"

/// What an audit of so many orders costs: audit_measure [ORDERS], on the server of SHOP_TEST_POSTGRES.
int main(int count, char** values) {
    using namespace shop::audit;
    const int orders = count > 1 ? std::atoi(values[1]) : 20'000;
    const World world(orders);
    const auto began = std::chrono::steady_clock::now();
    auto books = world.read();
    const auto read = std::chrono::steady_clock::now();
    const auto checks = audit(books, {});
    const auto compared = std::chrono::steady_clock::now();
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto ms = [](auto from, auto to) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
    };
    std::printf("%d orders, %zu events: read in %ld ms, compared in %ld ms, %ld MB; %s\n", orders,
                books.sent.size(), ms(began, read), ms(read, compared), used.ru_maxrss / 1024,
                verdict(checks).c_str());
}
