#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "platform/postgres/errors.hpp"
#include "platform/postgres/result.hpp"
#include "platform/postgres/values.hpp"

namespace platform::postgres {

/// What a result column must be to fill a member of a row struct.
struct Column {
    std::string_view name;  ///< Empty when the row is one scalar: its name does not matter then.
    TypeId type;
    bool (*accepts)(TypeId);
};

/// The result of a statement of which only the count of rows matters.
struct RowCount {
    long long rows = 0;
    operator long long() const { return rows; }
};

/// The part of a statement that does not depend on its types. It is in the process-wide registry for as long
/// as it lives, so that a test can prepare every statement there is (check.hpp); two with one name end the
/// process.
class StatementBase {
  public:
    StatementBase(const char* name, const char* sql, std::chrono::milliseconds timeout,
                  std::span<const TypeId> parameters, std::span<const Column> columns);
    StatementBase(const StatementBase&) = delete;
    StatementBase& operator=(const StatementBase&) = delete;
    ~StatementBase();

    const char* name() const { return name_; }
    const char* sql() const { return sql_; }
    /// Zero: the pool's statement_ms.
    std::chrono::milliseconds timeout() const { return timeout_; }
    std::span<const TypeId> parameters() const { return parameters_; }
    std::span<const Column> columns() const { return columns_; }

    /// Never given to another statement in this process, also after this one's end.
    std::size_t serial() const { return serial_; }
    /// What it is called on a server connection.
    const char* prepared_name() const { return prepared_name_.c_str(); }

  private:
    const char* name_;
    const char* sql_;
    std::chrono::milliseconds timeout_;
    std::span<const TypeId> parameters_;
    std::span<const Column> columns_;
    std::size_t serial_;
    std::string prepared_name_;
};

/// Every statement alive, in order of name.
std::vector<const StatementBase*> registered_statements();

namespace detail {

/// A row is one scalar or a described struct whose members are the columns, in order and by name.
template <class Row>
struct RowShape {
    static constexpr std::array<Column, 1> columns{
        Column{std::string_view{}, Value<Row>::type, &Value<Row>::accepts}};
    static Row read(const Result& result, int row) { return Value<Row>::read(result.cell(row, 0)); }
};

template <class Row>
    requires boost::describe::has_describe_members<Row>::value
struct RowShape<Row> {
    using Members =
        boost::describe::describe_members<Row, boost::describe::mod_public | boost::describe::mod_inherited>;

    template <class D>
    static constexpr Column column_of() {
        using Member = std::remove_cvref_t<decltype(std::declval<Row&>().*D::pointer)>;
        return {D::name, Value<Member>::type, &Value<Member>::accepts};
    }
    template <template <class...> class L, class... D>
    static constexpr auto columns_of(L<D...>) {
        return std::array<Column, sizeof...(D)>{column_of<D>()...};
    }
    static constexpr auto columns = columns_of(Members{});

    static Row read(const Result& result, int row) {
        Row value{};
        int column = 0;
        boost::mp11::mp_for_each<Members>([&](auto member) {
            auto& target = value.*member.pointer;
            try {
                target = Value<std::remove_cvref_t<decltype(target)>>::read(result.cell(row, column));
            } catch (const BadValue& bad) {
                throw BadValue(std::string(member.name) + ": " + bad.what());
            }
            ++column;
        });
        return value;
    }
};

/// Both throw Error: a result that does not fit its statement is a disagreement of program and schema.
void expect_columns(const StatementBase& statement, const Result& result, std::size_t columns);
[[noreturn]] void refuse_result(const StatementBase& statement, std::string_view why);

template <class Row>
std::vector<Row> read_rows(const StatementBase& statement, const Result& result) {
    expect_columns(statement, result, RowShape<Row>::columns.size());
    std::vector<Row> rows;
    rows.reserve(static_cast<std::size_t>(result.rows()));
    try {
        for (int row = 0; row < result.rows(); ++row) rows.push_back(RowShape<Row>::read(result, row));
    } catch (const BadValue& bad) {
        refuse_result(statement, bad.what());
    }
    return rows;
}

/// How the R of a signature is made from a result: all rows, at most one, exactly one, their count, or
/// nothing.
template <class R>
struct Answer {
    static constexpr std::span<const Column> columns() { return RowShape<R>::columns; }
    static R read(const StatementBase& statement, const Result& result) {
        auto rows = read_rows<R>(statement, result);
        if (rows.size() != 1) refuse_result(statement, "exactly one row was expected");
        return std::move(rows.front());
    }
};

template <class Row>
    requires(!Scalar<std::vector<Row>>)
struct Answer<std::vector<Row>> {
    static constexpr std::span<const Column> columns() { return RowShape<Row>::columns; }
    static std::vector<Row> read(const StatementBase& statement, const Result& result) {
        return read_rows<Row>(statement, result);
    }
};

template <class Row>
struct Answer<std::optional<Row>> {
    static constexpr std::span<const Column> columns() { return RowShape<Row>::columns; }
    static std::optional<Row> read(const StatementBase& statement, const Result& result) {
        auto rows = read_rows<Row>(statement, result);
        if (rows.size() > 1) refuse_result(statement, "at most one row was expected");
        if (rows.empty()) return std::nullopt;
        return std::move(rows.front());
    }
};

template <>
struct Answer<RowCount> {
    static constexpr std::span<const Column> columns() { return {}; }
    static RowCount read(const StatementBase&, const Result& result) { return {result.affected()}; }
};

template <>
struct Answer<void> {
    static constexpr std::span<const Column> columns() { return {}; }
    static void read(const StatementBase&, const Result&) {}
};

template <class... A>
constexpr std::array<TypeId, sizeof...(A)> parameter_types{Value<A>::type...};

}  // namespace detail

template <class Signature>
class Statement;

/// A named SQL statement with typed parameters and result. Declared as a constant at namespace scope in the
/// .cpp that runs it:
///   const Statement<std::vector<StockRow>(std::vector<std::string>)> lock_stock{"inventory.lock_stock",
///   R"sql( select sku, on_hand from stock where sku = any($1) order by sku for update)sql"};
/// R is void, RowCount, Row (exactly one), std::optional<Row> (at most one) or std::vector<Row>, where Row is
/// a scalar or a described struct whose members name the columns in order. The name, unique in the process
/// and beginning with the module, keys metrics, errors and the check of statements against the schema.
template <class R, class... A>
class Statement<R(A...)> : public StatementBase {
  public:
    Statement(const char* statement_name, const char* text, std::chrono::milliseconds limit = {})
        : StatementBase(statement_name, text, limit, detail::parameter_types<A...>,
                        detail::Answer<R>::columns()) {}
};

}  // namespace platform::postgres
