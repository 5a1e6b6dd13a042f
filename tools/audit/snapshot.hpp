#pragma once

#include <functional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/postgres/blocking_session.hpp"
#include "platform/postgres/statement.hpp"

namespace shop::audit {

/// One moment of one database: a REPEATABLE READ READ ONLY transaction, which ends with the object or is
/// begun anew. Rows are streamed, so a table need not fit into memory twice. Blocks. Everything throws
/// postgres::ConnectionLost, TransientError or Error, whose text names the database.
class Snapshot {
  public:
    /// `statement_timeout` bounds each statement and the pause between two.
    Snapshot(std::string_view url, std::chrono::milliseconds statement_timeout);

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
    void begin();
    void stream(const platform::postgres::StatementBase& statement,
                const platform::postgres::Parameters& parameters,
                const std::function<void(const platform::postgres::Result&)>& visit);

    platform::postgres::BlockingSession session_;
    platform::Time taken_at_;
};

}  // namespace shop::audit
