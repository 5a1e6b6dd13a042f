#include "platform/postgres/result.hpp"

#include <libpq-fe.h>

#include <charconv>

namespace platform::postgres {

void Result::Clear::operator()(pg_result* result) const { PQclear(result); }

int Result::rows() const { return PQntuples(result_.get()); }
int Result::columns() const { return PQnfields(result_.get()); }
std::string_view Result::column_name(int column) const { return PQfname(result_.get(), column); }

std::optional<std::string_view> Result::cell(int row, int column) const {
    if (PQgetisnull(result_.get(), row, column)) return std::nullopt;
    return std::string_view(PQgetvalue(result_.get(), row, column),
                            static_cast<std::size_t>(PQgetlength(result_.get(), row, column)));
}

long long Result::affected() const {
    std::string_view text = PQcmdTuples(result_.get());
    long long count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

}  // namespace platform::postgres
