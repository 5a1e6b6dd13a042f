#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct redisAsyncContext;  // hiredis's, which no header of ours includes.

namespace platform::cache {

/// What Redis says to one command.
struct RedisReply {
    enum class Kind { nothing, text, refusal, lost };
    Kind kind = Kind::lost;  // lost: the connection ended first.
    std::string text;        // The value, or why it refuses.
};

/// One connection: hiredis's protocol on asio's event loop. Commands may be sent before it is connected. Once
/// closed, by either side, it stays closed. Everything happens on the io_context's thread and nothing blocks.
class RedisLink : public std::enable_shared_from_this<RedisLink> {
  public:
    using Answered = std::function<void(RedisReply)>;

    /// Begins to connect; `address` is numeric, so that nothing has to be looked up. Closed when that fails.
    static std::shared_ptr<RedisLink> connect(boost::asio::io_context& io, const std::string& address,
                                              std::uint16_t port);
    explicit RedisLink(boost::asio::io_context& io) : socket_(io) {}
    ~RedisLink() { close(); }
    RedisLink(const RedisLink&) = delete;
    RedisLink& operator=(const RedisLink&) = delete;

    bool closed() const { return context_ == nullptr; }

    /// `answered` is called once, also when the link is closed first; at once if it is closed already.
    void send(const std::vector<std::string>& command, Answered answered);

    void close();

  private:
    void adopt(redisAsyncContext* context);
    void watch_readable();
    void watch_writable();

    boost::asio::posix::stream_descriptor socket_;  // hiredis owns what it describes.
    redisAsyncContext* context_ = nullptr;
    bool wants_read_ = false;
    bool wants_write_ = false;
    bool watches_read_ = false;
    bool watches_write_ = false;
};

}  // namespace platform::cache
