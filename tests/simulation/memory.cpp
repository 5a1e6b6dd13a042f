#include "tests/simulation/memory.hpp"

#include <stdexcept>

namespace simulation {

using namespace std::chrono_literals;

namespace {

constexpr auto lock_timeout = 2s;

/// PostgreSQL would find it and end one of them; here it is a mistake in the order of locking.
void refuse_deadlock(const MemoryTransaction* holder, const Runner* waiting) {
    for (int links = 0; holder != nullptr && links < 100; ++links) {
        if (holder->runner() == waiting) throw std::logic_error("deadlock");
        holder = holder->runner()->waits_for;
    }
}

}  // namespace

awaitable<void> Context::pause() {
    auto& runner = engine.current();
    if (faults.happens(Fault::process_stopped)) {
        runner.not_before = now + std::chrono::milliseconds{1'000 + random.below(60'000)};
        // Long before a stopped process goes on, the database has ended what it left open.
        for (auto* transaction : std::vector(runner.open)) transaction->end_idle();
    }
    co_await engine.suspend();
}

MemoryTransaction::MemoryTransaction(Context& context, LockTable& locks)
    : context_(context), locks_(locks), runner_(&context.engine.current()) {
    runner_->open.push_back(this);
}

void MemoryTransaction::close() {
    if (runner_ == nullptr) return;
    std::erase(runner_->open, this);
    if (context_.interleaved) {
        locks_.release(this);
        for (const auto& runner : context_.engine.runners())
            if (runner->waits_for == this) runner->waits_for = nullptr;
    }
    runner_ = nullptr;
}

void MemoryTransaction::end_idle() {
    ended_idle_ = true;
    close();
}

awaitable<void> MemoryTransaction::begin_call() {
    if (context_.interleaved) co_await context_.pause();
    refuse_when_ended();
    context_.port_call();
}

void MemoryTransaction::refuse_when_ended() const {
    if (ended_idle_) throw platform::Unavailable("the transaction was idle for too long");
}

bool MemoryTransaction::try_lock(const LockKey& key) {
    if (!context_.interleaved) return true;
    auto* const holder = locks_.holder(key);
    if (holder == nullptr) locks_.take(key, this);
    return holder == nullptr || holder == this;
}

awaitable<void> MemoryTransaction::lock(LockKey key) {
    bool waited = false;
    for (;;) {
        refuse_when_ended();
        if (try_lock(key)) co_return;
        if (!std::exchange(waited, true)) {
            context_.saw(Rare::waited_for_a_lock);
            runner_->waits_since = context_.now;
        }
        runner_->waits_for = locks_.holder(key);
        refuse_deadlock(runner_->waits_for, runner_);
        co_await context_.engine.suspend();
        if (runner_->waits_for != nullptr && context_.now - runner_->waits_since >= lock_timeout) {
            runner_->waits_for = nullptr;
            throw platform::Unavailable("canceling statement due to lock timeout");
        }
    }
}

}  // namespace simulation
