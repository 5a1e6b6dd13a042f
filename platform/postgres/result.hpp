#pragma once

#include <memory>
#include <optional>
#include <string_view>

struct pg_result;  // libpq's PGresult, which no header of ours includes.

namespace platform::postgres {

/// What a statement answered, owned. Cells are views into it.
class Result {
  public:
    Result() = default;
    explicit Result(pg_result* owned) : result_(owned) {}

    int rows() const;
    int columns() const;
    std::string_view column_name(int column) const;
    std::optional<std::string_view> cell(int row, int column) const;
    /// Rows inserted, updated, deleted or selected.
    long long affected() const;

    pg_result* get() const { return result_.get(); }

  private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace platform::postgres
