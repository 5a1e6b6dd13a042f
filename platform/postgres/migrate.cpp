#include "platform/postgres/migrate.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "platform/base/crash_point.hpp"
#include "platform/postgres/blocking_session.hpp"
#include "platform/postgres/pool.hpp"

namespace platform::postgres {

namespace {

// Any number will do, as long as all processes take the same one.
constexpr auto take_turn = "select pg_advisory_lock(7235101170)";

const Statement<std::vector<std::string>()> applied_names{"migrate.applied_names",
                                                          "select name from schema_migrations"};

void set(BlockingSession& session, const char* setting, std::chrono::milliseconds value) {
    session.run("select set_config($1, $2, false)", {setting, std::to_string(value.count())});
}

/// Name to SHA-256 in hexadecimal.
std::map<std::string, std::string, std::less<>> applied_migrations(BlockingSession& session) {
    auto rows = session.run("select name, sha256 from schema_migrations");
    std::map<std::string, std::string, std::less<>> applied;
    for (int row = 0; row < rows.rows(); ++row)
        applied.emplace(session.value(rows, row, 0), session.value(rows, row, 1));
    return applied;
}

/// The server hashes, so that the comparison needs no library of ours.
std::string sha256(BlockingSession& session, std::string_view sql) {
    return session.value(session.run("select encode(sha256(convert_to($1, 'UTF8')), 'hex')", {sql}), 0, 0);
}

/// "line 3, column 7" of a position that counts characters, not bytes, from one.
std::string place(std::string_view sql, std::size_t character) {
    std::size_t line = 1, column = 1;
    for (char byte : sql) {
        bool continues = (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
        if (continues) continue;
        if (character-- == 1) break;
        column = byte == '\n' ? 1 : column + 1;
        line += byte == '\n' ? 1 : 0;
    }
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
    throw Error({.message = "migration " + std::string(name) + ": " + why});
}

void apply(BlockingSession& session, const Migration& migration) {
    session.run("begin");
    if (auto fault = session.run_script(std::string(migration.sql))) {
        session.run("rollback");
        auto message = "migration " + std::string(migration.name);
        if (fault->character > 0) message += ", " + place(migration.sql, fault->character);
        message += ": " + fault->fields.message;
        if (!fault->detail.empty()) message += " (" + fault->detail + ")";
        fault->fields.message = std::move(message);
        throw_failure(std::move(fault->fields));
    }
    if (!session.in_transaction())
        refuse(migration.name, "ends its own transaction; a migration is applied as a whole or not at all");
    CRASH_POINT("", "migration.in_the_middle");
    session.run("insert into schema_migrations (name, sha256) values ($1, $2)",
                {migration.name, sha256(session, migration.sql)});
    session.run("commit");
}

}  // namespace

void migrate(std::string_view url, std::span<const Migration> migrations, const MigrateConfig& config) {
    ensure(std::ranges::adjacent_find(migrations, std::ranges::greater_equal{}, &Migration::name) ==
               migrations.end(),
           "migrations are sorted by name, and no name is used twice");
    BlockingSession session(url, "migrate", config.connect_ms);
    set(session, "lock_timeout", config.turn_ms);
    set(session, "statement_timeout", config.turn_ms);
    session.run(take_turn);  // Until the session ends.
    set(session, "lock_timeout", config.lock_ms);
    set(session, "statement_timeout", config.statement_ms);
    session.run(
        "create table if not exists schema_migrations (name text primary key, sha256 text not null, "
        "applied_at timestamptz not null default now())");
    auto applied = applied_migrations(session);
    // An applied name behind the list's end belongs to a newer release; one within it that we do not know, or
    // a gap before it, means two histories.
    std::string_view newest;
    for (auto& migration : migrations)
        if (applied.contains(migration.name)) newest = migration.name;
    for (auto& migration : migrations) {
        auto found = applied.find(migration.name);
        if (found != applied.end()) {
            if (found->second != sha256(session, migration.sql))
                refuse(migration.name,
                       "was changed after it had been applied; write a new migration instead");
        } else if (migration.name < newest) {
            refuse(migration.name, "sorts before " + std::string(newest) + ", which is applied already");
        } else {
            apply(session, migration);
        }
    }
}

awaitable<bool> migrated(Pool& pool, std::span<const Migration> migrations) {
    std::set<std::string, std::less<>> applied;
    try {
        auto names = co_await pool.run(applied_names);
        applied.insert(names.begin(), names.end());
    } catch (const Error& error) {
        constexpr auto undefined_table = "42P01";
        if (error.sqlstate() != undefined_table) throw;
        co_return false;
    }
    co_return std::ranges::all_of(migrations,
                                  [&](auto& migration) { return applied.contains(migration.name); });
}

}  // namespace platform::postgres
