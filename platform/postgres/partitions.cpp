#include "platform/postgres/partitions.hpp"

#include "platform/base/crash_point.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::postgres {

namespace {

constexpr int days_ahead = 2;
/// More rows than this of one day in DEFAULT are left there: moving them would hold its lock for too long.
constexpr std::int64_t moved_rows_max = 20'000;
constexpr std::int64_t deleted_rows_max = 10'000;

struct Parent {
    std::string key;       // The column of the partition bounds.
    std::string fallback;  // The DEFAULT partition.
};
BOOST_DESCRIBE_STRUCT(Parent, (), (key, fallback))

struct Creation {
    std::string count, create, lock, move, attach;
};
BOOST_DESCRIBE_STRUCT(Creation, (), (count, create, lock, move, attach))

struct Removal {
    std::string kept, lock_parent, lock, drop;
};
BOOST_DESCRIBE_STRUCT(Removal, (), (kept, lock_parent, lock, drop))

const Statement<bool()> take_turn{"partitions.turn", "select pg_try_advisory_xact_lock(7235101171)"};

/// Waits for whoever has it, as long as the lock_timeout allows.
const Statement<bool()> await_turn{"partitions.await_turn",
                                   "select true from pg_advisory_xact_lock(7235101171)"};

const Statement<void()> limit_waiting{"partitions.limit_waiting",
                                      "select set_config('lock_timeout', '250ms', true)"};

const Statement<std::chrono::sys_days()> today{"partitions.today", "select (now() at time zone 'utc')::date"};

const Statement<std::optional<Parent>(std::string)> find_parent{"partitions.parent", R"sql(
select a.attname as key, d.relname as fallback
from pg_partitioned_table p
join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
join pg_class d on d.oid = p.partdefid
where p.partrelid = to_regclass(format('%I', $1))
  and p.partstrat = 'r' and p.partnatts = 1 and a.atttypid = 'timestamptz'::regtype)sql"};

// DDL takes no parameters, so the server itself quotes the names into texts that are then sent back to it.
// Attaching a finished table needs a weaker lock on the parent than creating a partition in place.
const Statement<std::optional<Creation>(std::string, std::string, std::string, std::chrono::sys_days,
                                        std::int64_t)>
    creation_texts{"partitions.creation", R"sql(
select format('select count(*) from (select from only %I where %I >= %L and %I < %L limit %s) as few',
              $3, $2, starts, $2, ends, $5) as count,
       format('create table %I (like %I including defaults including constraints including storage)',
              name, $1) as create,
       format('lock table only %I in access exclusive mode', $3) as lock,
       format('with moved as (delete from only %I where %I >= %L and %I < %L returning *) '
              'insert into %I select * from moved', $3, $2, starts, $2, ends, name) as move,
       format('alter table %I attach partition %I for values from (%L) to (%L)',
              $1, name, starts, ends) as attach
from (select $1 || '_p' || to_char($4, 'YYYYMMDD') as name,
             $4::timestamp at time zone 'utc' as starts,
             ($4 + 1)::timestamp at time zone 'utc' as ends) as day
where to_regclass(format('%I', name)) is null)sql"};

const Statement<std::vector<std::string>(std::string, std::int32_t)> expired_partitions{"partitions.expired",
                                                                                        R"sql(
select c.relname
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = to_regclass(format('%I', $1)) and c.relname ~ '_p[0-9]{8}$'
  and to_date(right(c.relname, 8), 'YYYYMMDD') + 1 <= (now() - make_interval(hours => $2)) at time zone 'utc'
order by c.relname)sql"};

// Parent before partition, as every query locks them.
const Statement<std::optional<Removal>(std::string, std::string, std::string)> removal_texts{
    "partitions.removal",
    R"sql(
select format('select exists (select from only %I where %s)', $2, $3) as kept,
       format('lock table only %I in access exclusive mode', $1) as lock_parent,
       format('lock table only %I in access exclusive mode', $2) as lock,
       format('drop table %I', $2) as drop
where to_regclass(format('%I', $2)) is not null)sql"};

const Statement<std::string(std::string, std::string, std::string, std::int32_t, std::int64_t)> sweep_text{
    "partitions.sweep", R"sql(
select format('delete from only %I where ctid in '
              '(select ctid from only %I where %I < %L and not (%s) limit %s)',
              $2, $2, $1, now() - make_interval(hours => $4), $3, $5))sql"};

template <class T>
T only_value(const Reply& reply) {
    return Value<T>::read(reply.result.cell(0, 0));
}

// Each step that ends without a commit rolls back at once, so that the next one finds the advisory lock free.

awaitable<void> create_day(Pool& pool, PartitionedTable table, Parent parent, std::chrono::sys_days day,
                           const Statement<bool()>& turn_statement) {
    auto tx = co_await pool.begin();
    tx.send(limit_waiting);
    auto turn = tx.send(turn_statement);
    auto texts = tx.send(creation_texts, table.name, parent.key, parent.fallback, day, moved_rows_max + 1);
    co_await tx.flush();
    auto creation = texts.get();
    if (!turn.get() || !creation) co_return co_await tx.rollback();
    auto strays = tx.send_text(creation->count);
    co_await tx.flush();
    if (only_value<std::int64_t>(*strays) > moved_rows_max) {
        telemetry::log_warn("too many rows of a day without a partition to move them into one",
                            {{"table", table.name}, {"day", rfc3339(day)}});
        co_return co_await tx.rollback();
    }
    tx.send_text(creation->create);
    tx.send_text(creation->lock);
    tx.send_text(creation->move);
    tx.send_text(creation->attach);
    CRASH_POINT("", "partitions.before_attach_commit");
    co_await tx.commit();
}

awaitable<void> drop_partition(Pool& pool, PartitionedTable table, std::string name) {
    auto tx = co_await pool.begin();
    auto turn = tx.send(take_turn);
    tx.send(limit_waiting);
    auto texts = tx.send(removal_texts, table.name, name, table.keep_while);
    co_await tx.flush();
    auto removal = texts.get();
    if (!turn.get() || !removal) co_return co_await tx.rollback();
    // Asked twice: first without any lock, so that a partition to keep costs nobody anything, then for
    // certain.
    auto kept = tx.send_text(removal->kept);
    co_await tx.flush();
    if (only_value<bool>(*kept)) co_return co_await tx.rollback();
    tx.send_text(removal->lock_parent);
    tx.send_text(removal->lock);
    kept = tx.send_text(removal->kept);
    co_await tx.flush();
    if (only_value<bool>(*kept)) co_return co_await tx.rollback();
    tx.send_text(removal->drop);
    CRASH_POINT("", "partitions.before_drop");
    co_await tx.commit();
}

awaitable<void> sweep_fallback(Pool& pool, PartitionedTable table, Parent parent) {
    auto tx = co_await pool.begin();
    auto turn = tx.send(take_turn);
    tx.send(limit_waiting);
    auto text = tx.send(sweep_text, parent.key, parent.fallback, table.keep_while,
                        static_cast<std::int32_t>(table.retention->count()), deleted_rows_max);
    co_await tx.flush();
    if (!turn.get()) co_return co_await tx.rollback();
    tx.send_text(text.get());
    co_await tx.commit();
}

/// Runs one step. False when it could not lock what it needs in time, which is left to the next round.
awaitable<bool> attempt(awaitable<void> step, std::string table) {
    try {
        co_await std::move(step);
    } catch (const TransientError& busy) {
        if (busy.sqlstate() != "55P03" && busy.sqlstate() != "40P01") throw;
        telemetry::log_info("partitions are busy, left to the next round",
                            {{"table", table}, {"reason", busy.what()}});
        co_return false;
    }
    co_return true;
}

awaitable<Parent> parent_of(Pool& pool, std::string table) {
    auto parent = co_await pool.run(find_parent, table);
    if (!parent)
        throw Error({.message = table + " is not partitioned by range over one timestamptz with a DEFAULT"});
    co_return std::move(*parent);
}

awaitable<void> maintain(Pool& pool, PartitionedTable table) {
    auto parent = co_await parent_of(pool, table.name);
    auto first = co_await pool.run(today);
    for (int ahead = 0; ahead <= days_ahead; ++ahead)
        co_await attempt(create_day(pool, table, parent, first + std::chrono::days(ahead), take_turn),
                         table.name);
    if (!table.retention) co_return;
    auto hours = static_cast<std::int32_t>(table.retention->count());
    auto expired = co_await pool.run(expired_partitions, table.name, hours);
    for (auto& name : expired) co_await attempt(drop_partition(pool, table, name), table.name);
    co_await attempt(sweep_fallback(pool, table, parent), table.name);
}

}  // namespace

awaitable<void> maintain_partitions(Pool& pool, std::vector<PartitionedTable> tables) {
    for (auto& table : tables) {
        if (table.keep_while.empty()) table.keep_while = "false";
        co_await maintain(pool, table);
    }
}

awaitable<void> create_partitions(Pool& pool, std::vector<PartitionedTable> tables,
                                  std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (auto& table : tables) {
        auto parent = co_await parent_of(pool, table.name);
        const auto first = co_await pool.run(today);
        for (int ahead = 0; ahead <= days_ahead; ++ahead) {
            const auto day = first + std::chrono::days(ahead);
            // Each attempt waits for its locks by itself, so this does not spin.
            while (!co_await attempt(create_day(pool, table, parent, day, await_turn), table.name))
                if (std::chrono::steady_clock::now() >= deadline)
                    throw Unavailable("the partition of " + table.name + " for " +
                                      rfc3339(day).substr(0, 10) + " cannot be made: for " +
                                      std::to_string(patience.count()) +
                                      " ms somebody else has held the locks it needs (see pg_locks)");
        }
    }
}

}  // namespace platform::postgres
