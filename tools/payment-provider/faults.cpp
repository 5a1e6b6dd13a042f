#include "tools/payment-provider/faults.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <numeric>
#include <optional>

namespace shop::provider {
namespace {

namespace json = boost::json;

template <class Names>
std::optional<std::size_t> index_of(const Names& all, std::string_view name) {
    const auto found = std::ranges::find_if(all, [&](auto one) { return name_of(one) == name; });
    if (found == all.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all.begin());
}

std::optional<double> probability(const json::value& value) {
    boost::json::error_code failed;
    const double number = value.is_number() ? value.to_number<double>(failed) : -1;
    if (failed || number < 0 || number > 1) return std::nullopt;
    return number;
}

}  // namespace

std::string_view name_of(CallKind kind) {
    switch (kind) {
        case CallKind::create: return "create";
        case CallKind::confirm: return "confirm";
        case CallKind::cancel: return "cancel";
        case CallKind::retrieve: return "retrieve";
        case CallKind::refund: return "refund";
        case CallKind::retrieve_refund: return "retrieve_refund";
        case CallKind::list_refunds: return "list_refunds";
    }
    return "";
}

std::string_view name_of(Fault fault) {
    switch (fault) {
        case Fault::none: return "none";
        case Fault::slow: return "slow";
        case Fault::lost: return "lost";
        case Fault::dropped: return "dropped";
        case Fault::error: return "error";
        case Fault::error_done: return "error_done";
        case Fault::rate_limited: return "rate_limited";
    }
    return "";
}

std::expected<FaultPlan, std::string> FaultPlan::parse(std::string_view text) {
    boost::json::error_code failed;
    const auto document = json::parse(text, failed);
    if (failed || !document.is_object()) return std::unexpected("the body is not a JSON object");
    FaultPlan plan;
    for (const auto& [name, value] : document.get_object()) {
        if (name == "seed" && value.is_int64() && value.get_int64() >= 0) {
            plan.seed_ = static_cast<std::uint64_t>(value.get_int64());
        } else if (name == "faults" && value.is_object()) {
            for (const auto& [kind, chances] : value.get_object()) {
                const auto row = index_of(call_kinds, kind);
                if (!row || !chances.is_object())
                    return std::unexpected("there is no call \"" + std::string(kind) + "\"");
                for (const auto& [fault, chance] : chances.get_object()) {
                    const auto column = index_of(all_faults, fault);
                    const auto number = probability(chance);
                    if (!column || !number)
                        return std::unexpected(std::string(kind) + "." + std::string(fault) +
                                               " is no fault with a probability from 0 to 1");
                    plan.chances_[*row][*column] = *number;
                }
                const auto& all = plan.chances_[*row];
                if (std::accumulate(all.begin(), all.end(), 0.0) > 1.0 + 1e-9)
                    return std::unexpected("the probabilities of " + std::string(kind) +
                                           " add up to more than 1");
            }
        } else {
            return std::unexpected("\"" + std::string(name) + "\" is not understood");
        }
    }
    plan.random_.seed(plan.seed_);
    return plan;
}

std::string FaultPlan::text() const {
    json::object kinds;
    for (std::size_t row = 0; row < call_kinds.size(); ++row) {
        json::object named;
        for (std::size_t column = 0; column < all_faults.size(); ++column)
            if (chances_[row][column] > 0) named.emplace(name_of(all_faults[column]), chances_[row][column]);
        if (!named.empty()) kinds.emplace(name_of(call_kinds[row]), std::move(named));
    }
    return json::serialize(json::object{{"seed", seed_}, {"faults", std::move(kinds)}});
}

Fault FaultPlan::draw(CallKind kind) {
    const auto& chances = chances_[static_cast<std::size_t>(kind)];
    // Nothing is drawn where nothing can go wrong, so that calls without faults do not move the sequence.
    if (std::ranges::all_of(chances, [](double chance) { return chance == 0; })) return Fault::none;
    double point = static_cast<double>(random_() >> 11) * 0x1p-53;
    for (std::size_t column = 0; column < all_faults.size(); ++column) {
        if (point < chances[column]) return all_faults[column];
        point -= chances[column];
    }
    return Fault::none;
}

}  // namespace shop::provider
