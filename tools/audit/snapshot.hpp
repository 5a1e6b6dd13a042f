#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "platform/base/time.hpp"
#include "platform/postgres/blocking_session.hpp"
#include "platform/postgres/statement.hpp"

namespace shop::audit {

/// One moment of one database: a REPEATABLE READ READ ONLY transaction, which ends with the object. Rows are
/// streamed, so a table need not fit into memory twice. Blocks. Everything throws postgres::ConnectionLost,
/// TransientError or Error, whose text names the database.
class Snapshot {
  public:
    explicit Snapshot(std::string_view url);

    /// The database's clock when the snapshot was taken.
    platform::Time taken_at() const { return taken_at_; }

    template <class Row>
    void each(const platform::postgres::Statement<std::vector<Row>()>& statement,
              const std::function<void(Row)>& visit) {
        stream(statement, [&](const platform::postgres::Result& result) {
            for (int row = 0; row < result.rows(); ++row)
                visit(platform::postgres::detail::RowShape<Row>::read(result, row));
        });
    }

  private:
    void stream(const platform::postgres::StatementBase& statement,
                const std::function<void(const platform::postgres::Result&)>& visit);

    platform::postgres::BlockingSession session_;
    platform::Time taken_at_;
};

}  // namespace shop::audit
