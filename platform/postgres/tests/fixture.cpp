#include "platform/postgres/tests/fixture.hpp"

namespace platform::postgres {

const Statement<void(std::int64_t, std::string)> insert_thing{
    "test.insert_thing", "insert into things (id, name) values ($1, $2)"};
const Statement<std::vector<std::string>()> thing_names{"test.thing_names",
                                                        "select name from things order by id"};
const Statement<std::optional<std::string>(std::int64_t)> find_thing{"test.find_thing",
                                                                     "select name from things where id = $1"};
const Statement<std::optional<std::string>(std::int64_t)> lock_thing{
    "test.lock_thing", "select name from things where id = $1 for update"};
const Statement<void(double)> server_sleep{"test.server_sleep", "select pg_sleep($1)"};
const Statement<std::int64_t()> one{"test.one", "select 1::bigint"};

}  // namespace platform::postgres
