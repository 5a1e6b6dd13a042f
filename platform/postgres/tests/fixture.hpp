#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/postgres/pool.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/database.hpp"
#include "platform/testing/run.hpp"

namespace platform::postgres {

/// A database of its own and a pool on it. The table `things` has a constraint of every kind that tests need.
class PostgresTest : public ::testing::Test {
  protected:
    PostgresTest() {
        database.execute(
            "create table things (id bigint constraint things_pkey primary key, name text not null "
            "constraint things_name_key unique, constraint things_id_positive check (id > 0))");
    }

    PoolConfig config() const {
        return {
            .url = database.url(), .connections_max = 4, .backoff_max_ms = std::chrono::milliseconds(200)};
    }
    template <class T>
    T run(awaitable<T> coroutine) {
        return testing::run(io, std::move(coroutine));
    }
    /// Starts it beside the test.
    void spawn(awaitable<void> coroutine) {
        boost::asio::co_spawn(io, std::move(coroutine), boost::asio::detached);
    }
    std::string count_things() { return database.value("select count(*) from things"); }
    /// Server connections of the pools under test.
    int sessions() {
        return std::stoi(
                   database.value("select count(*) from pg_stat_activity where datname = current_database() "
                                  "and backend_type = 'client backend'")) -
               1;
    }

    testing::Database database;
    telemetry::Metrics metrics;
    boost::asio::io_context io;
    Pool pool{io, config(), metrics};
};

extern const Statement<void(std::int64_t, std::string)> insert_thing;
extern const Statement<std::vector<std::string>()> thing_names;
extern const Statement<std::optional<std::string>(std::int64_t)> find_thing;
extern const Statement<std::optional<std::string>(std::int64_t)> lock_thing;
extern const Statement<void(double)> server_sleep;
extern const Statement<std::int64_t()> one;

}  // namespace platform::postgres
