#include "platform/postgres/flight.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/base/crash_point.hpp"
#include "platform/postgres/transaction_control.hpp"

namespace platform::postgres {

namespace {

// A local setting ends with the transaction, also with the implicit one around a single flight.
const Statement<void(std::string)> set_limit{"session.statement_timeout",
                                             "select set_config('statement_timeout', $1, true)"};

bool contains_prepare(const auto& steps, const StatementBase& statement) {
    return std::ranges::any_of(steps, [&](auto& step) {
        return step.kind == std::remove_cvref_t<decltype(step)>::Kind::prepare &&
               step.statement == &statement;
    });
}

}  // namespace

awaitable<void> Connection::fly(std::span<const Command> commands) {
    Progress progress;
    progress.steps = plan(commands);
    auto longest = config_->statement_ms;
    for (auto& command : commands) longest = std::max(longest, limit_of(command));
    progress.since = std::chrono::steady_clock::now();
    in_flight_ = true;
    watchdog_.arm(progress.since + longest + config_->grace_ms);
    try {
        send(progress.steps);
        if (commands.back().statement == &commit_statement) CRASH_POINT("", "commit_in_flight");
        co_await exchange(progress);
    } catch (const ConnectionLost&) {
        probe_->failed({});
        throw;
    }
    watchdog_.disarm();
    in_flight_ = progress.ended_by_server;
    if (!in_transaction()) limit_ = config_->statement_ms;
    if (!progress.failure) co_return;
    probe_->failed(progress.failure->sqlstate);
    if (progress.ended_by_server) throw ConnectionLost(std::move(*progress.failure));
    // A plan that no longer fits the schema, or is unknown behind a proxy, is mended by preparing afresh.
    stale_ = progress.failure->sqlstate == "0A000" || progress.failure->sqlstate == "26000";
    throw_failure(std::move(*progress.failure));
}

std::chrono::milliseconds Connection::limit_of(const Command& command) const {
    if (command.statement && command.statement->timeout().count() > 0) return command.statement->timeout();
    return config_->statement_ms;
}

std::vector<Connection::Step> Connection::plan(std::span<const Command> commands) {
    std::vector<Step> steps;
    steps.reserve(commands.size() + 4);
    auto prepare = [&](const StatementBase& statement) {
        bool ready = statement.serial() < prepared_.size() && prepared_[statement.serial()];
        if (!ready && !contains_prepare(steps, statement))
            steps.push_back({Step::Kind::prepare, &statement, nullptr});
    };
    for (auto& command : commands) {
        if (auto limit = limit_of(command); limit != limit_ && !command.control) {
            prepare(set_limit);
            steps.push_back(
                {Step::Kind::run, &set_limit, nullptr, Parameters::of(std::to_string(limit.count()))});
            limit_ = limit;
        }
        if (command.statement) prepare(*command.statement);
        steps.push_back({Step::Kind::run, command.statement, &command});
    }
    return steps;
}

void Connection::send(const std::vector<Step>& steps) {
    for (auto& step : steps) {
        if (step.kind == Step::Kind::run) {
            send_run(step);
            continue;
        }
        auto types = step.statement->parameters();
        if (!PQsendPrepare(connection_, step.statement->prepared_name(), step.statement->sql(),
                           static_cast<int>(types.size()), types.data()))
            lost(step.statement->name());
    }
    if (!PQpipelineSync(connection_)) lost({});
}

void Connection::send_run(const Step& step) {
    constexpr int binary = 1;
    if (!step.statement) {
        if (!PQsendQueryParams(connection_, step.command->text.c_str(), 0, nullptr, nullptr, nullptr, nullptr,
                               binary))
            lost({});
        return;
    }
    auto& parameters = step.command ? step.command->parameters : step.own;
    auto pieces = parameters.pieces();
    std::vector<const char*> values(pieces.size());
    std::vector<int> lengths(pieces.size());
    std::vector<int> formats(pieces.size(), binary);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        values[i] = pieces[i].length < 0 ? nullptr : parameters.data() + pieces[i].offset;
        lengths[i] = pieces[i].length;
    }
    if (!PQsendQueryPrepared(connection_, step.statement->prepared_name(), static_cast<int>(pieces.size()),
                             values.data(), lengths.data(), formats.data(), binary))
        lost(step.statement->name());
}

awaitable<void> Connection::exchange(Progress& progress) {
    for (;;) {
        int unsent = PQflush(connection_);
        if (unsent < 0) lost(progress.statement_name());
        co_await wait(unsent > 0);
        // After the watchdog everything is moot, even if an answer came at the last moment.
        if (watchdog_.fired() || !PQconsumeInput(connection_)) lost(progress.statement_name());
        if (read_available(progress)) co_return;
    }
}

/// True when the flight is over.
bool Connection::read_available(Progress& progress) {
    while (!PQisBusy(connection_)) {
        Result result(PQgetResult(connection_));
        if (result.get()) {
            if (read_one(progress, std::move(result))) return true;
            continue;
        }
        // Between pipelined results libpq says NULL; with nothing left to come it would say so for ever. A
        // failed implicit commit counts as one result more.
        if (PQstatus(connection_) == CONNECTION_BAD || progress.at > progress.steps.size())
            lost(progress.statement_name());
        end_step(progress);
    }
    return false;
}

bool Connection::read_one(Progress& progress, Result result) {
    switch (PQresultStatus(result.get())) {
        case PGRES_PIPELINE_SYNC: return true;
        case PGRES_PIPELINE_ABORTED: return false;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY: succeed(progress, std::move(result)); return false;
        default: fail(progress, result); return progress.ended_by_server;
    }
}

void Connection::succeed(const Progress& progress, Result result) {
    if (progress.at >= progress.steps.size()) return;
    auto& step = progress.steps[progress.at];
    if (step.kind == Step::Kind::prepare) {
        if (prepared_.size() <= step.statement->serial()) prepared_.resize(step.statement->serial() + 1);
        prepared_[step.statement->serial()] = true;
    } else if (step.command) {
        step.command->reply->result = std::move(result);
        step.command->reply->state = Reply::State::done;
    }
}

void Connection::fail(Progress& progress, const Result& result) {
    if (progress.failure) return;
    progress.failure = error_fields(result.get(), progress.statement_name());
    if (progress.at < progress.steps.size() && progress.steps[progress.at].command)
        progress.steps[progress.at].command->reply->state = Reply::State::failed;
    // libpq makes errors of its own without an SQLSTATE when the connection is gone.
    if (progress.failure->sqlstate.empty() || PQstatus(connection_) == CONNECTION_BAD) {
        if (progress.failure->sqlstate.empty()) lost(progress.statement_name());
        progress.ended_by_server = true;
    }
    const char* severity = PQresultErrorField(result.get(), PG_DIAG_SEVERITY_NONLOCALIZED);
    // After FATAL the server hangs up, so no sync will come.
    if (severity && std::string_view(severity) != "ERROR") progress.ended_by_server = true;
}

void Connection::end_step(Progress& progress) {
    auto now = std::chrono::steady_clock::now();
    if (progress.at++ >= progress.steps.size()) return;
    auto& step = progress.steps[progress.at - 1];
    if (step.kind != Step::Kind::run) return;
    if (step.statement && !progress.failure) probe_->ran(*step.statement, now - progress.since);
    progress.since = now;
}

awaitable<void> Connection::wait(bool also_for_writing) {
    using boost::asio::posix::descriptor_base;
    boost::system::error_code error;
    if (!also_for_writing) {
        co_await socket_.async_wait(descriptor_base::wait_read,
                                    boost::asio::redirect_error(boost::asio::use_awaitable, error));
    } else {
        // Both at once: a server that cannot send its answers stops reading our questions.
        auto group = boost::asio::experimental::make_parallel_group(
            socket_.async_wait(descriptor_base::wait_read, boost::asio::deferred),
            socket_.async_wait(descriptor_base::wait_write, boost::asio::deferred));
        auto [order, read, write] =
            co_await group.async_wait(boost::asio::experimental::wait_for_one(), boost::asio::use_awaitable);
        error = order[0] == 0 ? read : write;
    }
    if (error) throw boost::system::system_error(error);
}

void Connection::lost(std::string_view statement) {
    auto message =
        watchdog_.fired() ? std::string("no answer within the deadline") : connection_message(connection_);
    throw ConnectionLost({.message = std::move(message), .statement = std::string(statement)});
}

bool Connection::quiet() const {
    pollfd entry{PQsocket(connection_), POLLIN, 0};
    return ::poll(&entry, 1, 0) == 0;
}

bool Connection::in_transaction() const { return PQtransactionStatus(connection_) != PQTRANS_IDLE; }

ErrorFields error_fields(const pg_result* result, std::string statement) {
    auto field = [&](int code) {
        const char* text = PQresultErrorField(result, code);
        return std::string(text ? text : "");
    };
    auto message = field(PG_DIAG_MESSAGE_PRIMARY);
    if (message.empty()) message = PQresultErrorMessage(result);
    return {.sqlstate = field(PG_DIAG_SQLSTATE),
            .message = std::move(message),
            .statement = std::move(statement),
            .constraint = field(PG_DIAG_CONSTRAINT_NAME),
            .table = field(PG_DIAG_TABLE_NAME)};
}

std::string connection_message(const pg_conn* connection) {
    std::string message = connection ? PQerrorMessage(connection) : "out of memory";
    while (!message.empty() && message.back() == '\n') message.pop_back();
    std::ranges::replace(message, '\n', ' ');
    return message.empty() ? "the connection is gone" : message;
}

}  // namespace platform::postgres
