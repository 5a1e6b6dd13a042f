/// Measures the module against SHOP_TEST_POSTGRES and prints one line per figure; not a test.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <numeric>

#include "platform/base/ids.hpp"
#include "platform/postgres/batcher.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"

namespace platform::postgres {
namespace {

using Clock = std::chrono::steady_clock;

const Statement<void(std::vector<Uuid>, std::vector<std::int64_t>, std::vector<std::string>)> insert_rows{
    "measure.insert", R"sql(
insert into rows (id, amount, name) select * from unnest($1, $2, $3) as r(id, amount, name) order by id)sql"};
const Statement<std::optional<std::string>(std::int64_t)> find_row{"measure.find",
                                                                   "select name from small where id = $1"};

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

awaitable<void> insert_batch(Pool& pool, Ids& ids, std::size_t rows) {
    std::vector<Uuid> keys(rows);
    std::ranges::generate(keys, [&] { return ids.next(); });
    auto tx = co_await pool.begin();
    tx.send(insert_rows, keys, std::vector<std::int64_t>(rows, 4711),
            std::vector<std::string>(rows, "a name"));
    co_await tx.commit();
}

awaitable<void> insert_batches(Pool& pool, Ids& ids, std::size_t rows, int* left, int* workers) {
    while (*left > 0) {
        --*left;
        co_await insert_batch(pool, ids, rows);
    }
    --*workers;
}

awaitable<std::vector<double>> time_finds(Pool& pool, int count) {
    std::vector<double> times;
    for (int i = 0; i < count; ++i) {
        auto start = Clock::now();
        co_await pool.run(find_row, i % 1000);
        times.push_back(seconds_since(start));
    }
    co_return times;
}

awaitable<void> find_pipelined(Pool& pool, int flights, int each) {
    for (int flight = 0; flight < flights; ++flight) {
        auto tx = co_await pool.begin();
        for (int i = 0; i < each; ++i) tx.send(find_row, i);
        co_await tx.commit();
    }
}

awaitable<void> submit(Batcher<Uuid, bool>& batcher, Ids& ids, int* left, int* submitters) {
    while (*left > 0) {
        --*left;
        co_await batcher.submit(ids.next());
    }
    --*submitters;
}

awaitable<std::vector<bool>> carry(Pool& pool, std::vector<Uuid> keys) {
    auto tx = co_await pool.begin();
    tx.send(insert_rows, keys, std::vector<std::int64_t>(keys.size(), 1),
            std::vector<std::string>(keys.size(), "a name"));
    co_await tx.commit();
    co_return std::vector<bool>(keys.size(), true);
}

class Measurement {
  public:
    Measurement() {
        database_.execute(
            "create table rows (id uuid primary key, amount bigint not null, name text not null);"
            "create table small as select n::bigint as id, 'name ' || n as name from generate_series(0, 999) "
            "n;"
            "alter table small add primary key (id); analyze small");
    }

    void inserts(std::size_t rows, int transactions, int connections) {
        int left = transactions, workers = connections;
        auto start = Clock::now();
        for (int i = 0; i < connections; ++i)
            boost::asio::co_spawn(io_, insert_batches(pool_, ids_, rows, &left, &workers),
                                  boost::asio::detached);
        testing::run_until(io_, [&] { return workers == 0; }, std::chrono::minutes(2));
        auto rate = transactions / seconds_since(start);
        std::printf("insert %4zu rows per transaction, %2d connections: %7.0f transactions/s %9.0f rows/s\n",
                    rows, connections, rate, rate * static_cast<double>(rows));
    }

    void finds() {
        testing::run(io_, time_finds(pool_, 1000), std::chrono::minutes(1));
        auto times = testing::run(io_, time_finds(pool_, 20'000), std::chrono::minutes(1));
        std::ranges::sort(times);
        std::printf("single-row select, alone in its flight: p50 %.0f us, p99 %.0f us\n",
                    times[times.size() / 2] * 1e6, times[times.size() * 99 / 100] * 1e6);
        constexpr int flights = 1000, each = 50;
        auto start = Clock::now();
        testing::run(io_, find_pipelined(pool_, flights, each), std::chrono::minutes(1));
        std::printf("single-row select, %d in one flight: %.1f us each\n", each,
                    seconds_since(start) / flights / each * 1e6);
    }

    void group_commit(int submitters, int items) {
        Batcher<Uuid, bool> batcher(io_, {},
                                    [this](std::vector<Uuid> keys) { return carry(pool_, std::move(keys)); });
        int left = items, running = submitters;
        auto start = Clock::now();
        for (int i = 0; i < submitters; ++i)
            boost::asio::co_spawn(io_, submit(batcher, ids_, &left, &running), boost::asio::detached);
        testing::run_until(io_, [&] { return running == 0; }, std::chrono::minutes(2));
        std::printf("group commit, %3d callers: %.0f items/s\n", submitters, items / seconds_since(start));
    }

  private:
    testing::Database database_;
    telemetry::Metrics metrics_;
    RandomIds ids_;
    boost::asio::io_context io_;
    Pool pool_{io_, {.url = database_.url()}, metrics_};
};

}  // namespace
}  // namespace platform::postgres

int main() {
    platform::postgres::Measurement measurement;
    for (int connections : {1, 4}) {
        measurement.inserts(1, 2000, connections);
        measurement.inserts(200, 500, connections);
    }
    measurement.finds();
    for (int submitters : {1, 64, 512}) measurement.group_commit(submitters, submitters == 1 ? 2000 : 50'000);
}
