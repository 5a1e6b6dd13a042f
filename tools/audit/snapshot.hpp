#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/postgres/blocking_session.hpp"
#include "platform/postgres/statement.hpp"

namespace shop::audit {

/// Rows that are streamed need not fit into memory twice; to take them at once costs half.
enum class Rows { streamed, at_once };

/// One moment of one database: a REPEATABLE READ READ ONLY transaction, which ends with the object or is
/// begun anew. Blocks. Everything throws postgres::ConnectionLost, TransientError or Error, whose text names
/// the database.
class Snapshot {
  public:
    /// `statement_timeout` bounds each statement and the pause between two.
    Snapshot(std::string_view url, std::chrono::milliseconds statement_timeout, Rows rows);

    /// Ends the transaction, so that an idle auditor keeps no old row alive. Repeatable.
    void end();
    /// Ends it and begins at the present moment.
    void renew();

    /// The database's clock when the snapshot was taken.
    platform::Time taken_at() const { return taken_at_; }

    template <class Row, class... A>
    void each(const platform::postgres::Statement<std::vector<Row>(A...)>& statement,
              const std::function<void(Row)>& visit, const std::type_identity_t<A>&... arguments) {
        stream(statement, platform::postgres::Parameters::of<A...>(arguments...),
               [&](const platform::postgres::Result& result) {
                   for (int row = 0; row < result.rows(); ++row)
                       visit(platform::postgres::detail::RowShape<Row>::read(result, row));
               });
    }

  private:
    void command(const std::string& sql);
    void begin();
    void stream(const platform::postgres::StatementBase& statement,
                const platform::postgres::Parameters& parameters,
                const std::function<void(const platform::postgres::Result&)>& visit);

    platform::postgres::BlockingSession session_;
    const std::chrono::milliseconds patience_;
    const Rows rows_;
    platform::Time taken_at_;
};

}  // namespace shop::audit
