#include "tools/load/open/visits.hpp"

#include <algorithm>
#include <array>

#include "platform/base/ensure.hpp"

namespace shop::load {

namespace {

constexpr std::uint64_t lines_max = 3;
constexpr std::uint64_t quantity_max = 3;
constexpr std::uint64_t pause_ms_max = 1'500;
constexpr std::uint64_t quick_ms_max = 20;  // About as long as a healthy shop needs for an order.

struct Share {
    Wish wish;
    int percent;
};

constexpr std::array shares{
    Share{Wish::buy, 60},      Share{Wish::buy_and_cancel, 10}, Share{Wish::buy_twice, 10},
    Share{Wish::reuse_key, 2}, Share{Wish::declined_card, 5},   Share{Wish::provider_trouble, 5},
    Share{Wish::read, 8},
};

constexpr std::string_view good_card = "pm_card_visa";
constexpr std::string_view slow_card = "pm_sim_slow";
constexpr std::array<std::string_view, 3> bad_cards{
    "pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclinedExpiredCard"};
constexpr std::array<std::string_view, 5> troubles{
    "pm_sim_answerLost", "pm_sim_errorCharged", "pm_sim_errorNotCharged", "pm_sim_slow", "pm_sim_processing"};

}  // namespace

std::string_view name_of(Wish wish) {
    switch (wish) {
        case Wish::buy: return "buy";
        case Wish::buy_and_cancel: return "buy and cancel";
        case Wish::buy_twice: return "buy, and the same request again";
        case Wish::reuse_key: return "buy, and another basket under the same key";
        case Wish::declined_card: return "declined card";
        case Wish::provider_trouble: return "trouble at the provider";
        case Wish::read: return "read";
    }
    platform::broken("every wish has a name", std::source_location::current());
}

VisitBook::VisitBook(std::uint64_t seed, std::size_t customers, std::vector<std::string> articles,
                     double popularity, std::string run)
    : customers_(customers),
      articles_(std::move(articles)),
      run_(std::move(run)),
      zipf_(articles_.size(), popularity),
      dice_(seed) {
    platform::ensure(customers_ > 0, "there is a customer");
    platform::ensure(articles_.size() >= lines_max, "there are as many articles as an order has lines");
}

Visit VisitBook::next() {
    Visit visit;
    auto place = static_cast<int>(below(100));
    for (const auto& share : shares) {
        visit.wish = share.wish;
        if (place < share.percent) break;
        place -= share.percent;
    }
    visit.customer = below(customers_);
    visit.key = run_ + "-" + std::to_string(++made_);
    // Half of the cancellations meet a payment that takes its time; the others have to be quick.
    const bool slow = visit.wish == Wish::buy_and_cancel && below(2) == 0;
    visit.body = body(slow ? slow_card : card_for(visit.wish));
    // One more unit than anybody orders of one article, so that it always differs.
    visit.other_body =
        R"({"lines":[{"sku":")" + articles_.front() + R"(","quantity":)" + std::to_string(quantity_max + 1) +
        R"(}],"shipping_address":"2 Other Street, 10115 Berlin","payment_method":"pm_card_visa"})";
    // Half of the copies are sent at the same moment as the first.
    const bool at_once = visit.wish == Wish::buy_twice && below(2) == 0;
    const auto longest = visit.wish == Wish::buy_and_cancel && !slow ? quick_ms_max : pause_ms_max;
    visit.pause = std::chrono::milliseconds(at_once ? 0 : 1 + below(longest));
    visit.chance = dice_();
    return visit;
}

std::string VisitBook::body(std::string_view payment_method) {
    const auto lines = 1 + below(lines_max);
    std::vector<std::size_t> chosen;
    // The lines of an order name different articles.
    while (chosen.size() < lines) {
        const auto rank = zipf_.rank_at(point());
        if (std::ranges::find(chosen, rank) == chosen.end()) chosen.push_back(rank);
    }
    std::string text = R"({"lines":[)";
    for (const auto rank : chosen) {
        if (rank != chosen.front()) text += ',';
        text +=
            R"({"sku":")" + articles_[rank] + R"(","quantity":)" + std::to_string(1 + below(quantity_max));
        text += '}';
    }
    text += R"(],"shipping_address":"1 Open Street, 10115 Berlin","payment_method":")";
    text += payment_method;
    return text + "\"}";
}

std::string_view VisitBook::card_for(Wish wish) {
    if (wish == Wish::declined_card) return bad_cards[below(bad_cards.size())];
    if (wish == Wish::provider_trouble) return troubles[below(troubles.size())];
    return good_card;
}

}  // namespace shop::load
