#include "tests/simulation/workers.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <limits>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace simulation {
namespace {

constexpr auto nobody = std::numeric_limits<std::uint64_t>::max();

static_assert(std::is_trivially_copyable_v<Coverage>, "processes hand it over as bytes");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "processes share it");

/// What the processes write and the parent reads.
class Shared {
  public:
    explicit Shared(std::size_t jobs) : bytes_(sizeof(Board) + jobs * sizeof(Coverage)) {
        memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory_ == MAP_FAILED) throw std::runtime_error("no memory to share with other processes");
        new (memory_) Board;
        for (std::size_t job = 0; job < jobs; ++job) new (&coverage(job)) Coverage;
    }
    ~Shared() { munmap(memory_, bytes_); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    std::atomic<std::uint64_t>& first_failed() { return static_cast<Board*>(memory_)->first_failed; }
    Coverage& coverage(std::size_t job) {
        return *(reinterpret_cast<Coverage*>(static_cast<Board*>(memory_) + 1) + job);
    }

  private:
    struct alignas(64) Board {
        std::atomic<std::uint64_t> first_failed{nobody};
    };
    std::size_t bytes_;
    void* memory_ = nullptr;
};

/// Every `jobs`-th seed, so that all processes take about as long.
void work(const Campaign& campaign, std::size_t job, Shared& shared) {
    Engine engine;
    Coverage coverage;
    engine.run([&] {
        auto schedule = campaign.schedule;
        for (std::uint64_t i = job; i < campaign.schedules && i < shared.first_failed(); i += campaign.jobs) {
            schedule.seed = campaign.schedule.seed + i;
            if (!run(engine, schedule, coverage).complaint) continue;
            auto first = shared.first_failed().load();
            while (i < first && !shared.first_failed().compare_exchange_weak(first, i)) {
            }
            break;
        }
    });
    shared.coverage(job) = coverage;
}

void add(Coverage& sum, const Coverage& more) {
    for (std::size_t i = 0; i < sum.faults.size(); ++i) sum.faults[i] += more.faults[i];
    for (std::size_t i = 0; i < sum.rare.size(); ++i) sum.rare[i] += more.rare[i];
    sum.deliveries += more.deliveries;
    sum.steps += more.steps;
}

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

pid_t start_worker(const Campaign& campaign, std::size_t job, Shared& shared) {
    const auto child = fork();
    if (child != 0) return child;
    int code = 1;
    try {
        work(campaign, job, shared);
        code = 0;
    } catch (const std::exception&) {
        code = 1;  // The parent says that a process died.
    }
    _exit(code);  // What the parent has buffered for its output is the parent's.
}

}  // namespace

Tally run_campaign(const Campaign& campaign) {
    Shared shared(campaign.jobs);
    const auto before = processor_seconds();
    std::vector<pid_t> children;
    for (std::size_t job = 0; job < campaign.jobs; ++job) {
        const auto child = start_worker(campaign, job, shared);
        if (child > 0) children.push_back(child);
    }
    bool whole = children.size() == campaign.jobs;
    for (const auto child : children) {
        int status = 0;
        whole = waitpid(child, &status, 0) == child && status == 0 && whole;
    }
    if (!whole) throw std::runtime_error("a process that ran worlds could not be started, or died");
    Tally tally{.processor_seconds = processor_seconds() - before};
    for (std::size_t job = 0; job < campaign.jobs; ++job) add(tally.coverage, shared.coverage(job));
    if (const auto first = shared.first_failed().load(); first != nobody)
        tally.failed = campaign.schedule.seed + first;
    return tally;
}

}  // namespace simulation
