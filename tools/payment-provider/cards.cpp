#include "tools/payment-provider/cards.hpp"

#include <algorithm>
#include <array>

namespace shop::provider {
namespace {

using enum Behaviour;

constexpr std::string_view declined = "Your card was declined.";

constexpr std::array cards{
    Card{"pm_card_visa"},
    Card{"pm_card_visa_debit"},
    Card{"pm_card_mastercard"},
    Card{"pm_card_mastercard_debit"},
    Card{"pm_card_amex"},
    Card{"pm_card_discover"},
    Card{"pm_card_chargeDeclined", decline, "card_declined", "generic_decline", declined},
    Card{"pm_card_chargeDeclinedInsufficientFunds", decline, "card_declined", "insufficient_funds",
         "Your card has insufficient funds."},
    Card{"pm_card_chargeDeclinedLostCard", decline, "card_declined", "lost_card", declined},
    Card{"pm_card_chargeDeclinedStolenCard", decline, "card_declined", "stolen_card", declined},
    Card{"pm_card_chargeDeclinedFraudulent", decline, "card_declined", "fraudulent", declined},
    Card{"pm_card_chargeDeclinedVelocityLimitExceeded", decline, "card_declined", "card_velocity_exceeded",
         declined},
    Card{"pm_card_chargeDeclinedExpiredCard", decline, "expired_card", "expired_card",
         "Your card has expired."},
    Card{"pm_card_chargeDeclinedIncorrectCvc", decline, "incorrect_cvc", "incorrect_cvc",
         "Your card's security code is incorrect."},
    Card{"pm_card_chargeDeclinedProcessingError", decline, "processing_error", "processing_error",
         "An error occurred while processing your card. Try again in a little bit."},
    Card{"pm_card_authenticationRequired", ask_for_holder},
    Card{"pm_sim_processing", process_later},
    Card{"pm_sim_slow", answer_slow},
    Card{"pm_sim_answerLost", answer_lost},
    Card{"pm_sim_errorCharged", error_after_charge},
    Card{"pm_sim_errorNotCharged", error_before_charge},
    Card{"pm_sim_refundRefused", refuse_refunds},
};

}  // namespace

const Card* find_card(std::string_view token) {
    constexpr std::string_view present = "pm_card_visa_chargeDeclined", old = "pm_card_chargeDeclined";
    auto same = [&](const Card& card) {
        if (card.token == token) return true;
        return token.starts_with(present) && card.token.starts_with(old) &&
               card.token.substr(old.size()) == token.substr(present.size());
    };
    const auto found = std::ranges::find_if(cards, same);
    return found == cards.end() ? nullptr : found;
}

}  // namespace shop::provider
