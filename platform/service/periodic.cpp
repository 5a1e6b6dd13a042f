#include "platform/service/periodic.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>

#include "platform/telemetry/log.hpp"

namespace platform::service {

namespace asio = boost::asio;

struct Periodic::Loop {
    std::string name;
    std::chrono::milliseconds interval;
    std::function<awaitable<void>()> work;
    asio::steady_timer timer;
    bool stopped = false;  // Only touched on the io_context's thread.
    bool started = false;
    std::promise<void> ended;
    std::shared_future<void> end = ended.get_future().share();
};

Periodic::Periodic(asio::io_context& io, std::string name, std::chrono::milliseconds interval,
                   std::function<awaitable<void>()> work)
    : loop_{std::make_shared<Loop>(std::move(name), interval, std::move(work), asio::steady_timer{io})} {}

Periodic::~Periodic() {
    asio::post(loop_->timer.get_executor(), [loop = loop_] {
        loop->stopped = true;
        loop->timer.cancel();
    });
}

void Periodic::start() {
    loop_->started = true;
    asio::co_spawn(loop_->timer.get_executor(), run(loop_), asio::detached);
}

void Periodic::stop() {
    if (!loop_->started) return;
    asio::post(loop_->timer.get_executor(), [loop = loop_] {
        loop->stopped = true;
        loop->timer.cancel();
    });
    loop_->end.wait();
}

awaitable<void> Periodic::run(std::shared_ptr<Loop> loop) {
    while (!loop->stopped) {
        try {
            co_await loop->work();
        } catch (const std::exception& error) {
            telemetry::log_warn("background work failed", {{"work", loop->name}, {"reason", error.what()}});
        }
        if (loop->stopped) break;
        boost::system::error_code cancelled;
        loop->timer.expires_after(loop->interval);
        co_await loop->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    loop->ended.set_value();
}

}  // namespace platform::service
