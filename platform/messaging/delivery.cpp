#include "platform/messaging/delivery.hpp"

#include "platform/base/ensure.hpp"

namespace platform::messaging {

Settlement settle(std::span<const std::uint64_t> tags, std::span<const Verdict> verdicts) {
    ensure(tags.size() == verdicts.size(), "every delivery has a verdict");
    Settlement settlement;
    bool unfinished = false;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        ensure(i == 0 || tags[i - 1] < tags[i], "delivery tags ascend");
        switch (verdicts[i]) {
            case Verdict::rejected: settlement.reject.push_back(tags[i]); break;
            case Verdict::unfinished: unfinished = true; break;
            case Verdict::done:
                if (unfinished)
                    settlement.acknowledge.push_back(tags[i]);
                else
                    settlement.acknowledge_up_to = tags[i];
                break;
        }
    }
    return settlement;
}

std::chrono::milliseconds retry_delay(const DeliveryPolicy& policy, int attempt) {
    std::chrono::milliseconds delay = policy.retry_min;
    for (int i = 0; i < attempt && delay < policy.retry_max; ++i) delay *= 2;
    return std::min(delay, policy.retry_max);
}

}  // namespace platform::messaging
