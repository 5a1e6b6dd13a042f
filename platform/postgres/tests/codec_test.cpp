#include "platform/postgres/codec.hpp"

#include <limits>

#include "platform/base/ids.hpp"
#include "platform/contract/types.hpp"
#include "platform/postgres/tests/fixture.hpp"

namespace platform::postgres {
namespace {

enum class Status { pending, confirmed };
BOOST_DESCRIBE_ENUM(Status, pending, confirmed)

struct Everything {
    bool flag;
    std::int16_t small;
    std::int32_t medium;
    std::int64_t large;
    double number;
    std::string text;
    Uuid uuid;
    Id<struct ThingTag> id;
    Time time;
    std::chrono::sys_days day;
    Bytes bytes;
    Json json;
    Status status;
    contract::Text<1, 10> name;
    contract::Int<0, 100> quantity;

    bool operator==(const Everything& other) const {
        return flag == other.flag && small == other.small && medium == other.medium && large == other.large &&
               number == other.number && text == other.text && uuid == other.uuid && id == other.id &&
               time == other.time && day == other.day && bytes == other.bytes && json == other.json &&
               status == other.status && name.value == other.name.value &&
               quantity.value == other.quantity.value;
    }
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (flag, small, medium, large, number, text, uuid, id, time, day, bytes, json, status,
                       name, quantity))

const Statement<Everything(bool, std::int16_t, std::int32_t, std::int64_t, double, std::string, Uuid,
                           Id<ThingTag>, Time, std::chrono::sys_days, Bytes, Json, Status,
                           contract::Text<1, 10>, contract::Int<0, 100>)>
    everything{"test.everything", R"sql(
select $1 as flag, $2 as small, $3 as medium, $4 as large, $5 as number, $6 as text, $7 as uuid, $8 as id,
       $9 as time, $10 as day, $11 as bytes, $12 as json, $13 as status, $14 as name, $15 as quantity)sql"};

template <class T>
using Echo = Statement<T(T)>;

const Echo<std::int16_t> echo_small{"test.echo_small", "select $1"};
const Echo<std::int32_t> echo_medium{"test.echo_medium", "select $1"};
const Echo<std::int64_t> echo_large{"test.echo_large", "select $1"};
const Echo<double> echo_double{"test.echo_double", "select $1"};
const Echo<std::string> echo_text{"test.echo_text", "select $1"};
const Echo<Time> echo_time{"test.echo_time", "select $1"};
const Echo<std::chrono::sys_days> echo_day{"test.echo_day", "select $1"};
const Echo<Bytes> echo_bytes{"test.echo_bytes", "select $1"};
const Statement<std::optional<std::optional<std::string>>(std::optional<std::string>)> echo_optional{
    "test.echo_optional", "select $1"};

struct Arrays {
    std::vector<bool> flags;
    std::vector<std::int32_t> numbers;
    std::vector<std::string> texts;
    std::vector<std::optional<std::string>> maybe;
    std::vector<Uuid> uuids;
    std::vector<Time> times;
    std::vector<Status> states;
    std::vector<Bytes> blobs;
    std::vector<Json> documents;
    std::optional<std::vector<std::int64_t>> nothing;
    bool operator==(const Arrays&) const = default;
};
BOOST_DESCRIBE_STRUCT(Arrays, (),
                      (flags, numbers, texts, maybe, uuids, times, states, blobs, documents, nothing))

const Statement<Arrays(std::vector<bool>, std::vector<std::int32_t>, std::vector<std::string>,
                       std::vector<std::optional<std::string>>, std::vector<Uuid>, std::vector<Time>,
                       std::vector<Status>, std::vector<Bytes>, std::vector<Json>,
                       std::optional<std::vector<std::int64_t>>)>
    arrays{"test.arrays", R"sql(
select $1 as flags, $2 as numbers, $3 as texts, $4 as maybe, $5 as uuids, $6 as times, $7 as states,
       $8 as blobs, $9 as documents, $10 as nothing)sql"};

const Statement<std::int64_t(std::span<const std::int64_t>, std::string_view)> sum_of{
    "test.sum_of", "select coalesce(sum(n), 0)::bigint + length($2) from unnest($1) as n"};
const Statement<std::string(std::vector<std::string>)> shown{"test.shown", "select $1::text"};

class CodecTest : public PostgresTest {
  protected:
    template <class T>
    void expect_same(const Echo<T>& echo, std::initializer_list<T> values) {
        for (auto& value : values) EXPECT_EQ(run(pool.run(echo, value)), value);
    }
    RandomIds ids;
};

constexpr Time moment(std::int64_t microseconds) { return Time(std::chrono::microseconds(microseconds)); }

TEST_F(CodecTest, every_scalar_comes_back_as_it_went) {
    Everything in{.flag = true,
                  .small = -2,
                  .medium = 70'000,
                  .large = 5'000'000'000,
                  .number = 0.1,
                  .text = "naïve \U0001F6D2 'quoted' \\ \n tab\t",
                  .uuid = ids.next(),
                  .id = {ids.next()},
                  .time = moment(1'763'000'000'123'456),
                  .day = std::chrono::year{2024} / 2 / 29,
                  .bytes = {std::byte{0}, std::byte{255}, std::byte{'\\'}},
                  .json = {R"({"a": [1, null, "é"]})"},
                  .status = Status::confirmed,
                  .name = {"ten"},
                  .quantity = {7}};
    auto out = run(pool.run(everything, in.flag, in.small, in.medium, in.large, in.number, in.text, in.uuid,
                            in.id, in.time, in.day, in.bytes, in.json, in.status, in.name, in.quantity));
    EXPECT_EQ(out, in);
}

TEST_F(CodecTest, extremes_come_back_as_they_went) {
    expect_same<std::int16_t>(echo_small, {std::numeric_limits<std::int16_t>::min(), -1, 0,
                                           std::numeric_limits<std::int16_t>::max()});
    expect_same<std::int32_t>(echo_medium, {std::numeric_limits<std::int32_t>::min(), -1, 0,
                                            std::numeric_limits<std::int32_t>::max()});
    expect_same<std::int64_t>(echo_large, {std::numeric_limits<std::int64_t>::min(), -1, 0,
                                           std::numeric_limits<std::int64_t>::max()});
    expect_same<double>(echo_double,
                        {-0.0, std::numeric_limits<double>::infinity(),
                         std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max()});
    EXPECT_TRUE(std::isnan(run(pool.run(echo_double, std::numeric_limits<double>::quiet_NaN()))));
    expect_same<std::string>(echo_text, {"", " ", std::string(1'000'000, 'x'), "null", "\u2603"});
    expect_same<Bytes>(echo_bytes, {Bytes{}, Bytes(100'000, std::byte{0})});
    expect_same<std::chrono::sys_days>(echo_day,
                                       {std::chrono::year{1} / 1 / 1, std::chrono::year{9999} / 12 / 31});
}

TEST_F(CodecTest, times_before_and_after_all_epochs_come_back) {
    expect_same<Time>(echo_time,
                      {moment(0), moment(-1), moment(946'684'800'000'000), moment(946'684'799'999'999),
                       moment(-62'135'596'800'000'000), Time::max(), Time::min()});
    EXPECT_THROW(run(pool.run(echo_time, Time::min() + std::chrono::microseconds(1))), BadValue);
}

TEST_F(CodecTest, null_is_nullopt_and_an_empty_text_is_not_null) {
    auto null = run(pool.run(echo_optional, std::nullopt));
    ASSERT_TRUE(null.has_value()) << "a row came";
    EXPECT_EQ(*null, std::nullopt);
    EXPECT_EQ(run(pool.run(echo_optional, "")).value(), "");
}

TEST_F(CodecTest, arrays_come_back_as_they_went) {
    Arrays full{.flags = {true, false},
                .numbers = {1, -1},
                .texts = {"a", "", "{b,\"c\"}"},
                .maybe = {std::nullopt, "x", std::nullopt},
                .uuids = {ids.next(), ids.next()},
                .times = {moment(1), moment(-1)},
                .states = {Status::pending, Status::confirmed},
                .blobs = {Bytes{}, Bytes{std::byte{7}}},
                .documents = {{"{}"}, {"[1, 2]"}},
                .nothing = std::vector<std::int64_t>{4}};
    for (auto& in : {full, Arrays{}})
        EXPECT_EQ(run(pool.run(arrays, in.flags, in.numbers, in.texts, in.maybe, in.uuids, in.times,
                               in.states, in.blobs, in.documents, in.nothing)),
                  in);
}

TEST_F(CodecTest, the_server_sees_the_same_array) {
    EXPECT_EQ(run(pool.run(shown, {"a b", "", "null"})), R"({"a b","","null"})");
    EXPECT_EQ(run(pool.run(shown, {})), "{}");
    std::vector<std::int64_t> many(50'000, 2);
    EXPECT_EQ(run(pool.run(sum_of, many, "four")), 100'004);
}

TEST_F(CodecTest, narrow_columns_fill_wide_members) {
    const Statement<std::int64_t()> narrow{"test.narrow", "select 7::smallint"};
    EXPECT_EQ(run(pool.run(narrow)), 7);
    const Statement<std::string()> varchar{"test.varchar", "select 'x'::varchar(3)"};
    EXPECT_EQ(run(pool.run(varchar)), "x");
    const Statement<std::vector<std::string>()> varchars{"test.varchars",
                                                         "select unnest('{a,b}'::varchar[])"};
    EXPECT_EQ(run(pool.run(varchars)), (std::vector<std::string>{"a", "b"}));
}

/// What a statement throws, with its name in front.
template <class R>
std::string complaint(boost::asio::io_context& io, Pool& pool, const Statement<R()>& statement) {
    try {
        testing::run(io, pool.run(statement));
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

TEST_F(CodecTest, what_does_not_fit_is_an_error_that_names_statement_and_member) {
    struct Row {
        std::int64_t id;
        Status status;
    };
    const Statement<std::vector<Status>()> unknown{"test.unknown_status", "select 'lost'"};
    EXPECT_EQ(complaint(io, pool, unknown), "test.unknown_status: no enumerator is named 'lost'");
    const Statement<std::int64_t()> null{"test.null", "select null::bigint"};
    EXPECT_EQ(complaint(io, pool, null), "test.null: a NULL where none is expected");
    const Statement<std::int32_t()> wide{"test.wide", "select 1::bigint"};
    EXPECT_EQ(complaint(io, pool, wide), "test.wide: an integer too wide for its member");
    const Statement<std::int64_t()> two{"test.two_columns", "select 1::bigint, 2::bigint"};
    EXPECT_EQ(complaint(io, pool, two), "test.two_columns: 2 columns came, 1 were expected");
    const Statement<Arrays()> arrays_of_null{"test.null_member", R"sql(
select null::boolean[], null::int[], null::text[], null::text[], null::uuid[], null::timestamptz[],
       null::text[], null::bytea[], null::jsonb[], null::bigint[])sql"};
    EXPECT_EQ(complaint(io, pool, arrays_of_null),
              "test.null_member: flags: a NULL where an array is expected");
    run(pool.ping());
    EXPECT_EQ(sessions(), 1) << "a misread row is no reason to lose the connection";
}

TEST_F(CodecTest, damaged_bytes_are_refused_not_read_past_the_end) {
    std::string array;
    Value<std::vector<std::string>>::write(array, {"one", "two"});
    for (std::size_t length = 0; length < array.size(); ++length)
        EXPECT_THROW(Value<std::vector<std::string>>::read(std::string_view(array).substr(0, length)),
                     BadValue);
    EXPECT_THROW(Codec<Uuid>::read("short"), BadValue);
    EXPECT_THROW(Codec<Json>::read(""), BadValue);
    EXPECT_THROW(Codec<bool>::read(""), BadValue);
}

}  // namespace
}  // namespace platform::postgres
