#include "platform/postgres/check.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>

#include "platform/postgres/blocking_session.hpp"
#include "platform/postgres/statement.hpp"

namespace platform::postgres {

namespace {

class Checker {
  public:
    explicit Checker(BlockingSession& session) : session_(session) {}

    void check(const StatementBase& statement) {
        statement_ = &statement;
        auto types = statement.parameters();
        Result prepared(
            PQprepare(session_.get(), "", statement.sql(), static_cast<int>(types.size()), types.data()));
        if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) {
            std::string why = PQresultErrorMessage(prepared.get());
            while (!why.empty() && why.back() == '\n') why.pop_back();
            return report(why);
        }
        if (auto used = parameters_used(); used != types.size())
            report("the SQL uses " + std::to_string(used) + " parameters, the signature has " +
                   std::to_string(types.size()));
        Result shape(PQdescribePrepared(session_.get(), ""));
        check_parameters(shape);
        if (!statement.columns().empty()) check_columns(shape);
    }

    std::vector<std::string> complaints;

  private:
    void report(const std::string& what) {
        complaints.push_back(std::string(statement_->name()) + ": " + what);
    }

    /// The highest $n. Numbers in string constants would be counted too; no statement has such.
    std::size_t parameters_used() const {
        std::string_view sql = statement_->sql();
        std::size_t highest = 0;
        for (auto at = sql.find('$'); at != sql.npos; at = sql.find('$', at + 1)) {
            std::size_t number = 0;
            std::from_chars(sql.data() + at + 1, sql.data() + sql.size(), number);
            highest = std::max(highest, number);
        }
        return highest;
    }

    void check_parameters(const Result& shape) {
        auto types = statement_->parameters();
        for (int i = 0; i < PQnparams(shape.get()) && static_cast<std::size_t>(i) < types.size(); ++i)
            if (PQparamtype(shape.get(), i) != types[static_cast<std::size_t>(i)])
                report("parameter $" + std::to_string(i + 1) + " is " + name_of(PQparamtype(shape.get(), i)) +
                       " in the SQL, " + name_of(types[static_cast<std::size_t>(i)]) + " in the signature");
    }

    void check_columns(const Result& shape) {
        auto columns = statement_->columns();
        if (static_cast<std::size_t>(shape.columns()) != columns.size())
            return report("the SQL gives " + std::to_string(shape.columns()) + " columns, the row has " +
                          std::to_string(columns.size()) + " members");
        for (std::size_t i = 0; i < columns.size(); ++i) {
            auto name = shape.column_name(static_cast<int>(i));
            auto type = PQftype(shape.get(), static_cast<int>(i));
            if (!columns[i].name.empty() && columns[i].name != name)
                report("column " + std::to_string(i + 1) + " is called " + std::string(name) +
                       ", the member " + std::string(columns[i].name));
            else if (!columns[i].accepts(type))
                report("column " + std::string(name) + " is " + name_of(type) + ", the member wants " +
                       name_of(columns[i].type));
        }
    }

    std::string name_of(TypeId type) const {
        return session_.value(session_.run("select $1::oid::regtype", {std::to_string(type)}), 0, 0);
    }

    BlockingSession& session_;
    const StatementBase* statement_ = nullptr;
};

}  // namespace

std::vector<std::string> check_statements(std::string_view url,
                                          std::initializer_list<std::string_view> prefixes) {
    BlockingSession session(url, "check_statements", std::chrono::seconds(5));
    Checker checker(session);
    for (auto* statement : registered_statements()) {
        std::string_view name = statement->name();
        bool wanted = prefixes.size() == 0 ||
                      std::ranges::any_of(prefixes, [&](auto prefix) { return name.starts_with(prefix); });
        if (wanted) checker.check(*statement);
    }
    return std::move(checker.complaints);
}

}  // namespace platform::postgres
