#include "tools/payment-provider/effect.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace shop::provider {
namespace {

TEST(Effect, a_line_holds_everything) {
    const Effect effect{.sequence = 7,
                        .time = platform::Time(std::chrono::microseconds(1'700'000'000'123'456)),
                        .event = Event::declined,
                        .payment_intent = "pi_1",
                        .charge = "ch_1",
                        .refund = "re_1",
                        .order_id = "order \"1\"\n",
                        .amount = 99'999'999,
                        .currency = "eur",
                        .payment_method = "pm_card_visa",
                        .metadata = {{"a", "1"}, {"b", "\u20ac"}},
                        .reason = "abandoned",
                        .idempotency_key = "key",
                        .fingerprint = 0x0123456789abcdef,
                        .status = 402,
                        .error = Error{"card_error", "card_declined", "lost_card", "message", "param"}};
    const auto line = to_line(effect);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_NE(line.find(R"("fingerprint":"0123456789abcdef")"), line.npos);
    const auto read = from_line(line);
    EXPECT_EQ(to_line(read), line);
    EXPECT_EQ(read.metadata, effect.metadata);
    EXPECT_EQ(read.fingerprint, effect.fingerprint);
    EXPECT_EQ(read.error->decline_code, "lost_card");
}

TEST(Effect, what_is_not_a_line_is_refused) {
    for (const auto* line :
         {"", "{", "[]", "{}", R"({"sequence":1,"time":"now","event":"charged","status":200})",
          R"({"sequence":1,"time":"2026-01-01T00:00:00Z","event":"stolen","status":200})",
          R"({"sequence":"1","time":"2026-01-01T00:00:00Z","event":"charged","status":200})"})
        EXPECT_THROW(from_line(line), std::runtime_error) << line;
}

}  // namespace
}  // namespace shop::provider
