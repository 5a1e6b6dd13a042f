#include "platform/auth/password_hasher.hpp"

#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "platform/base/errors.hpp"

namespace platform::auth {

namespace asio = boost::asio;

/// One thread and what waits for it.
class PasswordHasher::Worker {
  public:
    enum class Turn { run, refuse };
    using Task = std::move_only_function<void(Turn)>;

    explicit Worker(const PasswordConfig& config)
        : waiting_max_{config.waiting_max}, wait_{config.wait_ms}, thread_{[this] { work(); }} {}

    ~Worker() { stop(); }

    /// False when full or stopped; the task is then untouched.
    bool offer(Task& task) {
        const std::lock_guard lock{mutex_};
        if (stopped_ || tasks_.size() >= waiting_max_) return false;
        tasks_.push_back({std::move(task), std::chrono::steady_clock::now()});
        arrived_.notify_one();
        return true;
    }

    void stop() {
        {
            const std::lock_guard lock{mutex_};
            stopped_ = true;
        }
        arrived_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

  private:
    struct Waiting {
        Task task;
        std::chrono::steady_clock::time_point since;
    };

    void work() {
        // On Linux the priority belongs to the thread: requests that need no hash go first.
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 10);
        std::unique_lock lock{mutex_};
        for (;;) {
            arrived_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            auto [task, since] = std::move(tasks_.front());
            tasks_.pop_front();
            const bool late = std::chrono::steady_clock::now() - since > wait_;
            const Turn turn = stopped_ || late ? Turn::refuse : Turn::run;
            lock.unlock();
            task(turn);
            task = nullptr;
            lock.lock();
        }
    }

    const std::size_t waiting_max_;
    const std::chrono::milliseconds wait_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Waiting> tasks_;
    bool stopped_ = false;
    std::thread thread_;
};

namespace {

std::string argon2id(const std::string& password, const PasswordConfig& config) {
    std::string phc(crypto_pwhash_STRBYTES, '\0');
    if (crypto_pwhash_str_alg(phc.data(), password.data(), password.size(), config.passes,
                              config.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        throw Unavailable("no memory to hash a password");
    phc.resize(phc.find('\0'));
    return phc;
}

PasswordHasher::Verdict compare(const std::string& password, const std::string& phc,
                                const PasswordConfig& config) {
    if (crypto_pwhash_str_verify(phc.c_str(), password.data(), password.size()) != 0) return {};
    return {true, crypto_pwhash_str_needs_rehash(phc.c_str(), config.passes, config.memory_kib * 1024) != 0};
}

const PasswordConfig& checked(const PasswordConfig& config) {
    if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
    if (config.passes < 1 || config.memory_kib * 1024 < crypto_pwhash_MEMLIMIT_MIN || config.waiting_max < 1)
        throw std::invalid_argument("argon2id needs at least one pass, 8 KiB and room for one to wait");
    return config;
}

/// Runs `compute` on the worker and resumes the caller on its own executor.
template <class Result, class Compute>
awaitable<Result> on_worker(auto& worker, Compute compute) {
    using Worker = std::remove_reference_t<decltype(worker)>;
    auto initiate = [&worker](auto handler, Compute job) {
        auto executor = asio::make_work_guard(asio::get_associated_executor(handler));
        typename Worker::Task task = [handler = std::move(handler), job = std::move(job),
                                      executor](typename Worker::Turn turn) mutable {
            Result result{};
            std::exception_ptr error;
            try {
                if (turn == Worker::Turn::refuse) throw Unavailable("too many passwords are being checked");
                result = job();
            } catch (const std::exception&) {
                error = std::current_exception();
            }
            asio::post(executor.get_executor(),
                       [handler = std::move(handler), error, result = std::move(result)]() mutable {
                           std::move(handler)(error, std::move(result));
                       });
        };
        if (!worker.offer(task)) task(Worker::Turn::refuse);
    };
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr, Result)>(
        std::move(initiate), asio::use_awaitable, std::move(compute));
}

/// A password in the queue is wiped when its turn is over.
class Wiped {
  public:
    explicit Wiped(std::string text) : text_{std::make_unique<std::string>(std::move(text))} {}
    Wiped(Wiped&&) = default;
    ~Wiped() {
        if (text_) sodium_memzero(text_->data(), text_->size());
    }
    const std::string& text() const { return *text_; }

  private:
    std::unique_ptr<std::string> text_;
};

}  // namespace

PasswordHasher::PasswordHasher(PasswordConfig config)
    : config_{checked(config)},
      made_up_{argon2id("no password hashes to this", config_)},
      worker_{std::make_unique<Worker>(config_)} {}

PasswordHasher::~PasswordHasher() = default;

awaitable<std::string> PasswordHasher::hash(std::string password) {
    return on_worker<std::string>(*worker_, [password = Wiped{std::move(password)}, config = config_] {
        return argon2id(password.text(), config);
    });
}

awaitable<PasswordHasher::Verdict> PasswordHasher::check(std::string password,
                                                         std::optional<std::string> stored) {
    const bool known = stored.has_value();
    return on_worker<Verdict>(*worker_, [password = Wiped{std::move(password)}, config = config_, known,
                                         phc = std::move(stored).value_or(made_up_)] {
        const Verdict verdict = compare(password.text(), phc, config);
        return known ? verdict : Verdict{};
    });
}

void PasswordHasher::stop_and_wait() { worker_->stop(); }

}  // namespace platform::auth
