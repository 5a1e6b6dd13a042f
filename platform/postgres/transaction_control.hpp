#pragma once

#include "platform/postgres/statement.hpp"

namespace platform::postgres {

extern const Statement<void()> begin_statement, commit_statement, rollback_statement, ping_statement;

}  // namespace platform::postgres
