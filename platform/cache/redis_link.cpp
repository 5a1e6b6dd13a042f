#include "platform/cache/redis_link.hpp"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <utility>

namespace platform::cache {

namespace {

using Wait = boost::asio::posix::stream_descriptor::wait_type;

RedisReply reply_of(const redisReply* reply) {
    if (reply == nullptr) return {};
    using Kind = RedisReply::Kind;
    if (reply->type == REDIS_REPLY_STRING)
        return {Kind::text, {reply->str, static_cast<std::size_t>(reply->len)}};
    if (reply->type == REDIS_REPLY_ERROR)
        return {Kind::refusal, {reply->str, static_cast<std::size_t>(reply->len)}};
    return {Kind::nothing, {}};
}

/// Called by hiredis once per command, with no reply when the connection ends.
void on_reply(redisAsyncContext*, void* reply, void* data) {
    const std::unique_ptr<RedisLink::Answered> answered(static_cast<RedisLink::Answered*>(data));
    (*answered)(reply_of(static_cast<const redisReply*>(reply)));
}

}  // namespace

std::shared_ptr<RedisLink> RedisLink::connect(boost::asio::io_context& io, const std::string& address,
                                              std::uint16_t port) {
    auto link = std::make_shared<RedisLink>(io);
    auto* context = redisAsyncConnect(address.c_str(), port);
    if (context == nullptr) return link;
    if (context->err != 0)
        redisAsyncFree(context);
    else
        link->adopt(context);
    return link;
}

void RedisLink::send(const std::vector<std::string>& command, Answered answered) {
    if (closed()) return answered({});
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    for (const auto& word : command) {
        words.push_back(word.data());
        lengths.push_back(word.size());
    }
    auto held = std::make_unique<Answered>(std::move(answered));
    const auto queued = redisAsyncCommandArgv(context_, &on_reply, held.get(), static_cast<int>(words.size()),
                                              words.data(), lengths.data());
    if (queued == REDIS_OK)
        held.release();  // on_reply has it now.
    else
        (*held)({});
}

void RedisLink::close() {
    if (context_ != nullptr) redisAsyncFree(context_);
}

void RedisLink::adopt(redisAsyncContext* context) {
    context_ = context;
    socket_.assign(context->c.fd);
    auto& events = context->ev;
    events.data = this;
    events.addRead = [](void* link) {
        static_cast<RedisLink*>(link)->wants_read_ = true;
        static_cast<RedisLink*>(link)->watch_readable();
    };
    events.delRead = [](void* link) { static_cast<RedisLink*>(link)->wants_read_ = false; };
    events.addWrite = [](void* link) {
        static_cast<RedisLink*>(link)->wants_write_ = true;
        static_cast<RedisLink*>(link)->watch_writable();
    };
    events.delWrite = [](void* link) { static_cast<RedisLink*>(link)->wants_write_ = false; };
    // hiredis is about to close the socket: asio must have let go of it before its number is given to
    // another.
    events.cleanup = [](void* data) {
        auto* link = static_cast<RedisLink*>(data);
        link->context_ = nullptr;
        link->socket_.release();
    };
    // Says that it is to be watched for the end of connecting, which hiredis reports as writable.
    redisAsyncSetConnectCallback(context, [](const redisAsyncContext*, int) {});
}

void RedisLink::watch_readable() {
    if (closed() || watches_read_ || !wants_read_) return;
    watches_read_ = true;
    socket_.async_wait(Wait::wait_read, [self = shared_from_this()](boost::system::error_code error) {
        self->watches_read_ = false;
        if (error || self->closed()) return;
        redisAsyncHandleRead(self->context_);
        self->watch_readable();
    });
}

void RedisLink::watch_writable() {
    if (closed() || watches_write_ || !wants_write_) return;
    watches_write_ = true;
    socket_.async_wait(Wait::wait_write, [self = shared_from_this()](boost::system::error_code error) {
        self->watches_write_ = false;
        if (error || self->closed()) return;
        redisAsyncHandleWrite(self->context_);
        self->watch_writable();
    });
}

}  // namespace platform::cache
