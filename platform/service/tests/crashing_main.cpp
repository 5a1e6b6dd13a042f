// A service with a mistake in it: some messages kill the process in the middle of their handling.
#include <csignal>

#include "platform/messaging/inbox.hpp"
#include "platform/service/run.hpp"
#include "platform/service/tests/task.hpp"

std::span<const platform::postgres::Migration> platform_messaging_migrations();

namespace platform::service {

namespace {

struct Config : ServiceConfig {};
BOOST_DESCRIBE_STRUCT(Config, (ServiceConfig), ())

struct Ports {};

const postgres::Statement<void(std::vector<std::int64_t>)> insert_done{
    "crashing.insert_done", "insert into done (number) select unnest($1)"};

awaitable<void> handle(postgres::Pool& pool, messaging::Inbox& inbox,
                       std::vector<messaging::Message<Task>> batch) {
    auto tx = co_await pool.begin();
    auto marked = inbox.mark(tx, messaging::ids_of(batch));
    co_await tx.flush();
    std::vector<std::int64_t> numbers;
    bool fatal = false;
    for (const auto& message : inbox.keep_new(std::move(batch), marked.get())) {
        numbers.push_back(message.event.number);
        fatal |= message.event.fatal;
    }
    tx.send(insert_done, numbers);
    co_await tx.flush();
    if (fatal) std::raise(SIGKILL);
    co_await tx.commit();
}

void compose(Host& host, const Config&) {
    auto& inbox = host.add_inbox(task_queue);
    auto* pool = &host.pool();
    messaging::Subscription<Task> tasks{
        task_queue, [pool, &inbox](auto batch) { return handle(*pool, inbox, std::move(batch)); }};
    tasks.on<Task>();
    host.add_consumer(tasks, inbox, 500);
    host.add_api(http::Info{.title = "crashing", .version = "1"}, Ports{});
}

}  // namespace

}  // namespace platform::service

int main() {
    return platform::service::run("crashing", {platform_messaging_migrations()}, &platform::service::compose);
}
