#include "platform/postgres/check.hpp"

#include "platform/postgres/tests/fixture.hpp"

namespace platform::postgres {
namespace {

struct Row {
    std::int64_t id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id, name))

using Check = PostgresTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(Check, statements_that_fit_the_schema_pass) {
    const Statement<std::vector<Row>(std::vector<std::int64_t>)> good{
        "checked.good", "select id, name from things where id = any($1)"};
    const Statement<RowCount(std::int64_t, std::string)> insert{
        "checked.insert", "insert into things (id, name) select * from unnest(array[$1], array[$2])"};
    const Statement<std::int64_t()> scalar{"checked.scalar", "select count(*) from things"};
    EXPECT_THAT(check_statements(database.url(), {"checked."}), IsEmpty());
}

TEST_F(Check, every_statement_of_this_module_passes) {
    database.execute("create table schema_migrations (name text)");
    EXPECT_THAT(
        check_statements(database.url(), {"transaction.", "session.", "pool.", "partitions.", "migrate."}),
        IsEmpty());
}

TEST_F(Check, each_disagreement_is_told) {
    const Statement<std::vector<Row>()> order{"checked.order", "select name, id from things"};
    const Statement<std::vector<Row>()> count{"checked.count", "select id from things"};
    const Statement<std::vector<Row>()> types{"checked.types", "select id::text as id, name from things"};
    const Statement<std::int32_t()> narrow{"checked.narrow", "select id from things"};
    EXPECT_THAT(check_statements(database.url(), {"checked."}),
                ElementsAre("checked.count: the SQL gives 1 columns, the row has 2 members",
                            "checked.narrow: column id is bigint, the member wants integer",
                            "checked.order: column 1 is called name, the member id",
                            "checked.order: column 2 is called id, the member name",
                            "checked.types: column id is text, the member wants bigint"));
}

TEST_F(Check, sql_that_the_schema_refuses_is_told_with_its_reason) {
    const Statement<void()> table{"checked.table", "delete from nothing"};
    const Statement<std::vector<std::string>(Uuid)> operands{"checked.operands",
                                                             "select name from things where id = $1"};
    const Statement<void(std::int64_t, std::int64_t)> unused{"checked.unused",
                                                             "delete from things where id = $1"};
    EXPECT_THAT(check_statements(database.url(), {"checked."}),
                ElementsAre(HasSubstr("checked.operands: ERROR:  operator does not exist: bigint = uuid"),
                            HasSubstr("checked.table: ERROR:  relation \"nothing\" does not exist"),
                            "checked.unused: the SQL uses 1 parameters, the signature has 2"));
}

TEST_F(Check, only_the_named_prefixes_are_looked_at) {
    const Statement<void()> bad{"checked.bad", "no sql at all"};
    EXPECT_THAT(check_statements(database.url(), {"other.", "more."}), IsEmpty());
    EXPECT_EQ(check_statements(database.url(), {"other.", "checked."}).size(), 1u);
}

}  // namespace
}  // namespace platform::postgres
