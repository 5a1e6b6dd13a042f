#include "services/user-service/app/infrastructure/pg_users.hpp"

#include <boost/describe/class.hpp>

#include "platform/contract/write.hpp"
#include "platform/messaging/outbox.hpp"
#include "platform/postgres/statement.hpp"

namespace shop::user {

namespace postgres = platform::postgres;

namespace {

struct UserRow {
    UserId id;
    std::string email;
    std::string name;
    UserRole role{};
    std::string password_hash;
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(UserRow, (), (id, email, name, role, password_hash, created_at))

const postgres::Statement<void(UserId, std::string, std::string, std::string, UserRole, std::string, Time)>
    insert_user{"user.insert", R"sql(
insert into users (id, email, email_key, name, role, password_hash, created_at)
values ($1, $2, $3, $4, $5, $6, $7))sql"};

const postgres::Statement<std::optional<UserRow>(std::string)> find_by_email{"user.find_by_email", R"sql(
select id, email, name, role, password_hash, created_at from users where email_key = $1)sql"};

const postgres::Statement<std::optional<UserRow>(UserId)> find_by_id{"user.find_by_id", R"sql(
select id, email, name, role, password_hash, created_at from users where id = $1)sql"};

const postgres::Statement<void(UserId, std::string, std::string)> replace_hash{"user.replace_hash", R"sql(
update users set password_hash = $3 where id = $1 and password_hash = $2)sql"};

std::optional<User> user_of(std::optional<UserRow> row) {
    if (!row) return std::nullopt;
    return User{row->id,   Email{std::move(row->email)},  Name{std::move(row->name)},
                row->role, std::move(row->password_hash), row->created_at};
}

}  // namespace

PgUsers::PgUsers(postgres::Pool& pool, platform::Ids& ids, std::function<void()> committed)
    : pool_{pool}, ids_{ids}, committed_{std::move(committed)} {}

awaitable<Result<void>> PgUsers::add(Registration registration, std::string traceparent) {
    const User& user = registration.user;
    auto tx = co_await pool_.begin();
    tx.send(insert_user, user.id, user.email.value, user.email.normalised(), user.name.value, user.role,
            user.password_hash, user.created_at);
    platform::messaging::write_outbox(
        tx, {{ids_.next(), std::string{UserRegistered::type}, user.id.text(),
              platform::contract::to_json(registration.event), std::move(traceparent)}});
    try {
        co_await tx.commit();
    } catch (const postgres::Error& error) {
        if (error.constraint() != "users_email_key") throw;
        co_return std::unexpected(Refusal::email_taken);
    }
    committed_();
    co_return Result<void>{};
}

awaitable<std::optional<User>> PgUsers::find(Email email) {
    co_return user_of(co_await pool_.run(find_by_email, email.normalised()));
}

awaitable<std::optional<User>> PgUsers::find(UserId id) {
    co_return user_of(co_await pool_.run(find_by_id, id));
}

awaitable<void> PgUsers::renew_hash(UserId id, std::string former, std::string renewed) {
    co_await pool_.run(replace_hash, id, former, renewed);
}

}  // namespace shop::user
