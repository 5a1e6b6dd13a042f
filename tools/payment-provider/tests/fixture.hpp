#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "tools/payment-provider/provider.hpp"

namespace shop::provider::testing {

struct StoppedClock final : platform::Clock {
    platform::Time time{std::chrono::seconds(1'700'000'000)};
    platform::Time now() const override { return time; }
};

struct CountingIds final : platform::Ids {
    std::uint8_t first = 0;
    std::uint32_t count = 0;
    platform::Uuid next() override {
        ++count;
        platform::Uuid id;
        id.bytes[0] = first;
        for (int i = 0; i < 4; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(count >> (8 * i));
        return id;
    }
};

/// A provider with its time in our hands, and everything that it would have written to the log.
class ProviderTest : public ::testing::Test {
  protected:
    StoppedClock clock;
    CountingIds ids;
    Provider provider{clock, ids, {}};
    std::vector<Effect> log;

    Reply call(CallKind kind, std::string id, std::string_view parameters, std::string key = {}) {
        auto reply = provider.call({.kind = kind,
                                    .id = std::move(id),
                                    .form = parse_form(parameters).value(),
                                    .idempotency_key = std::move(key)});
        log.insert(log.end(), reply.effects.begin(), reply.effects.end());
        return reply;
    }

    Reply create(std::string_view method = "pm_card_visa", std::string key = {},
                 std::string_view amount = "1000") {
        return call(CallKind::create, "",
                    "amount=" + std::string(amount) + "&currency=eur&payment_method=" + std::string(method) +
                        "&metadata[order_id]=order-1",
                    std::move(key));
    }

    /// The id of a new payment intent.
    std::string created(std::string_view method = "pm_card_visa") { return text(create(method), "/id"); }

    /// The id of a new payment intent that was paid.
    std::string paid(std::string_view method = "pm_card_visa") {
        auto id = created(method);
        EXPECT_EQ(confirm(id).status, 200);
        return id;
    }

    Reply confirm(const std::string& id, std::string key = {}) {
        return call(CallKind::confirm, id, "", std::move(key));
    }
    Reply refund(const std::string& id, std::string_view more = "", std::string key = {}) {
        return call(CallKind::refund, "", "payment_intent=" + id + std::string(more), std::move(key));
    }
    Reply retrieve(const std::string& id) { return call(CallKind::retrieve, id, ""); }

    void plan(std::string_view text) { provider.set_faults(FaultPlan::parse(text).value()); }

    std::vector<std::string_view> events() const {
        std::vector<std::string_view> names;
        for (const auto& effect : log) names.push_back(name_of(effect.event));
        return names;
    }

    /// What stands at a JSON pointer of the answer, as text; "null" for null.
    static std::string text(const Reply& reply, std::string_view pointer) {
        const auto document = boost::json::parse(reply.body);
        boost::json::error_code missing;
        const auto* found = document.find_pointer(pointer, missing);
        if (!found) return "(nothing at " + std::string(pointer) + " of " + reply.body + ")";
        return found->is_string() ? std::string(found->get_string()) : boost::json::serialize(*found);
    }
};

}  // namespace shop::provider::testing
