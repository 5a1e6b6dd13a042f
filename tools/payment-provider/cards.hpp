#pragma once

#include <string_view>

namespace shop::provider {

/// What a payment method does when it is charged.
enum class Behaviour {
    approve,
    decline,
    ask_for_holder,       // Not charged before the card's holder has shown who they are (3-D Secure).
    process_later,        // Accepted now, charged a little later.
    answer_slow,          // Charged, and the answer takes its time.
    answer_lost,          // Charged, and the connection is closed without an answer.
    error_after_charge,   // Charged, and answered 500.
    error_before_charge,  // Not charged, and answered 500.
    refuse_refunds,       // Charged, and can never be refunded.
};

struct Card {
    std::string_view token;
    Behaviour behaviour = Behaviour::approve;
    std::string_view code{};  // The rest is said when it declines.
    std::string_view decline_code{};
    std::string_view message{};
};

/// Stripe's test payment methods, in the old spelling (pm_card_chargeDeclined) and the present one
/// (pm_card_visa_chargeDeclined), and ours for faults (pm_sim_...). nullptr: there is no such method.
const Card* find_card(std::string_view token);

}  // namespace shop::provider
