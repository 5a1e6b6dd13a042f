#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/load/options.hpp"
#include "tools/load/processes.hpp"

/// The figures and how they are shown. Nothing here judges them.
namespace shop::load {

struct Latency {
    double p50_ms = 0;
    double p99_ms = 0;
    double max_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Latency, (), (p50_ms, p99_ms, max_ms))

struct StatusCount {
    std::int64_t status = 0;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(StatusCount, (), (status, count))

struct ReasonCount {
    std::string reason;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(ReasonCount, (), (reason, count))

/// What a part of the platform used during a round.
struct PartUse {
    std::string part;
    double cpu_seconds = 0;
    double cpu_us_per_order = 0;
    double memory_mib = 0;  // At its end.
};
BOOST_DESCRIBE_STRUCT(PartUse, (), (part, cpu_seconds, cpu_us_per_order, memory_mib))

struct Round {
    std::string via;
    std::int64_t orders = 0;
    std::int64_t accepted = 0;
    double load_seconds = 0;   // First request to last order accepted.
    double total_seconds = 0;  // First request to last order final.
    double accepted_per_s = 0;
    double confirmed_per_s = 0;
    Latency post;  // Of accepted orders.
    std::int64_t confirmed = 0;
    std::int64_t cancelled = 0;
    std::int64_t unfinished = 0;
    std::int64_t missing = 0;
    std::int64_t given_up = 0;
    std::int64_t waited = 0;
    std::int64_t broken_connections = 0;
    std::vector<StatusCount> errors;
    std::vector<ReasonCount> cancelled_because;
    double cpu_us_per_order = 0;
    std::vector<PartUse> parts;
};
BOOST_DESCRIBE_STRUCT(Round, (),
                      (via, orders, accepted, load_seconds, total_seconds, accepted_per_s, confirmed_per_s,
                       post, confirmed, cancelled, unfinished, missing, given_up, waited, broken_connections,
                       errors, cancelled_because, cpu_us_per_order, parts))

/// The median of every figure of the rounds on one way, each taken for itself.
struct Medians {
    std::string via;
    double accepted_per_s = 0;
    double confirmed_per_s = 0;
    Latency post;
    double cpu_us_per_order = 0;
    std::vector<PartUse> parts;
};
BOOST_DESCRIBE_STRUCT(Medians, (), (via, accepted_per_s, confirmed_per_s, post, cpu_us_per_order, parts))

struct Report {
    std::int64_t orders = 0;
    std::int64_t clients = 0;
    std::int64_t users = 0;
    std::int64_t skus = 0;
    std::int64_t lines_min = 0;
    std::int64_t lines_max = 0;
    std::int64_t seed = 0;
    std::int64_t replicas = 0;  // Of order-service.
    std::int64_t processors = 0;
    std::vector<Round> rounds;
    std::vector<Medians> medians;
};
BOOST_DESCRIBE_STRUCT(Report, (),
                      (orders, clients, users, skus, lines_min, lines_max, seed, replicas, processors, rounds,
                       medians))

/// One use per part, greatest first, and their sum per order in the round. Nothing is said per order when no
/// order was accepted.
void add_use(Round& round, const UsageByPart& used);

/// One for every way that the rounds went, in the order of their first rounds.
std::vector<Medians> medians_of(const std::vector<Round>& rounds);

/// Whether every accepted order was found and became final; anything else is no question of speed.
bool complete(const Report& report);

std::string table_of(const Report& report);

}  // namespace shop::load
