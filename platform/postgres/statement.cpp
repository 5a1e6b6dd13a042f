#include "platform/postgres/statement.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include "platform/base/ensure.hpp"

namespace platform::postgres {

namespace {

/// Filled before main by the constants of every .cpp, so it must exist when the first of them asks.
struct Registry {
    std::mutex mutex;
    std::map<std::string_view, const StatementBase*> statements;
    std::size_t next_serial = 0;
};

Registry& registry() {
    static Registry only;
    return only;
}

}  // namespace

StatementBase::StatementBase(const char* name, const char* sql, std::chrono::milliseconds timeout,
                             std::span<const TypeId> parameters, std::span<const Column> columns)
    : name_(name), sql_(sql), timeout_(timeout), parameters_(parameters), columns_(columns) {
    auto& all = registry();
    std::lock_guard lock(all.mutex);
    ensure(all.statements.emplace(name, this).second, "a statement name is used once");
    serial_ = all.next_serial++;
    prepared_name_ = std::string(name) + "/" + std::to_string(serial_);
}

StatementBase::~StatementBase() {
    auto& all = registry();
    std::lock_guard lock(all.mutex);
    all.statements.erase(name_);
}

std::vector<const StatementBase*> registered_statements() {
    auto& all = registry();
    std::lock_guard lock(all.mutex);
    std::vector<const StatementBase*> statements;
    for (auto& [name, statement] : all.statements) statements.push_back(statement);
    return statements;
}

namespace detail {

void expect_columns(const StatementBase& statement, const Result& result, std::size_t columns) {
    if (result.columns() == static_cast<int>(columns)) return;
    refuse_result(statement, std::to_string(result.columns()) + " columns came, " + std::to_string(columns) +
                                 " were expected");
}

void refuse_result(const StatementBase& statement, std::string_view why) {
    throw Error({.message = std::string(why), .statement = statement.name()});
}

}  // namespace detail

}  // namespace platform::postgres
