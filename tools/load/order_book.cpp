#include "tools/load/order_book.hpp"

#include <algorithm>

#include "platform/base/ensure.hpp"

namespace shop::load {

namespace {

constexpr std::uint64_t quantity_max = 3;

}  // namespace

OrderBook::OrderBook(const Options& options, std::int64_t orders, std::uint64_t seed,
                     std::vector<std::string> skus, std::string run)
    : orders_(orders),
      lines_min_(static_cast<std::uint64_t>(options.lines_min)),
      lines_max_(static_cast<std::uint64_t>(options.lines_max)),
      skus_(std::move(skus)),
      run_(std::move(run)),
      dice_(seed) {
    platform::ensure(skus_.size() >= lines_max_, "there are as many articles as an order has lines");
}

void OrderBook::take(Order& order) {
    platform::ensure(!empty(), "an order is left to be taken");
    ++taken_;
    order.key = run_;
    order.key += '-';
    order.key += std::to_string(taken_);
    const auto lines = lines_min_ + random_below(lines_max_ - lines_min_ + 1);
    chosen_.clear();
    // The lines of an order name different articles.
    while (chosen_.size() < lines) {
        const auto sku = random_below(skus_.size());
        if (std::ranges::find(chosen_, sku) == chosen_.end()) chosen_.push_back(sku);
    }
    order.body = R"({"lines":[)";
    for (const auto sku : chosen_) {
        if (sku != chosen_.front()) order.body += ',';
        order.body += R"({"sku":")" + skus_[sku] + R"(","quantity":)";
        order.body += std::to_string(1 + random_below(quantity_max));
        order.body += '}';
    }
    order.body += R"(],"shipping_address":"1 Bench Street, 10115 Berlin","payment_method":"pm_card_visa"})";
}

}  // namespace shop::load
