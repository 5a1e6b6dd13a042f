#include "tools/audit/read_provider.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "tools/payment-provider/effect.hpp"

namespace shop::audit {

namespace {

constexpr std::size_t damage_max = 100;

/// The provider writes currencies in lower case.
std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

/// Nothing for a line that moved no money. The currency is the caller's to name.
std::optional<ProviderMove> move_of(const provider::Effect& effect) {
    const bool charge = effect.event == provider::Event::charged;
    if (!charge && effect.event != provider::Event::refunded) return std::nullopt;
    return ProviderMove{.kind = charge ? ProviderMove::Kind::charge : ProviderMove::Kind::refund,
                        .payment = effect.payment_intent,
                        .refund = effect.refund,
                        .order_text = effect.order_id,
                        .order = OrderId::parse(effect.order_id),
                        .amount = effect.amount,
                        .currency = {},
                        .at = effect.time};
}

std::string out_of_sequence(std::int64_t found, std::int64_t expected) {
    return "sequence " + std::to_string(found) + " where " + std::to_string(expected) + " should be";
}

std::ifstream opened(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read the provider's log " + path);
    return file;
}

}  // namespace

ProviderLog read_provider_log(const std::string& path, Names& names) {
    auto file = opened(path);
    ProviderLog log;
    std::int64_t expected = 1;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line) && !file.eof();) {
        const auto where = "line " + std::to_string(++number) + ": ";
        try {
            const auto effect = provider::from_line(line);
            if (effect.sequence != expected)
                log.damage.push_back(where + out_of_sequence(effect.sequence, expected));
            expected = effect.sequence + 1;
            if (auto move = move_of(effect)) {
                move->currency = names.of(upper(effect.currency));
                log.moves.push_back(std::move(*move));
            }
        } catch (const std::runtime_error& error) {
            log.damage.push_back(where + error.what());
            ++expected;
        }
    }
    return log;
}

ProviderTail::ProviderTail(const std::string& path, ProviderTailLimits limits)
    : limits_(limits), file_(opened(path)) {
    file_.seekg(0, std::ios::end);
    const auto size = static_cast<std::int64_t>(file_.tellg());
    if (size <= limits_.bytes_max) {
        file_.seekg(0);
        expected_ = 1;
        return;
    }
    file_.seekg(size - limits_.bytes_max);
    std::string half;
    std::getline(file_, half);
}

void ProviderTail::advance() {
    std::array<char, 64 << 10> piece{};
    file_.clear();
    while (file_.read(piece.data(), piece.size()), file_.gcount() > 0) {
        rest_.append(piece.data(), static_cast<std::size_t>(file_.gcount()));
        std::size_t begin = 0;
        for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
            take(rest_.substr(begin, end - begin));
            begin = end + 1;
        }
        rest_.erase(0, begin);
        file_.clear();
    }
}

void ProviderTail::take(const std::string& line) {
    const auto complain = [&](std::string what) {
        if (damage_.size() < damage_max) damage_.push_back(std::move(what));
    };
    try {
        const auto effect = provider::from_line(line);
        if (expected_ && effect.sequence != *expected_)
            complain(out_of_sequence(effect.sequence, *expected_));
        if (!expected_) complete_since_ = effect.time;
        expected_ = effect.sequence + 1;
        auto move = move_of(effect);
        if (!move) return;
        const Span at{.from = move->at};
        const auto key = move->order ? move->order->value : at.first();
        moves_.emplace(key, Kept{std::move(*move), upper(effect.currency)});
    } catch (const std::runtime_error& error) {
        complain(error.what());
        if (expected_) ++*expected_;
    }
    if (moves_.size() <= limits_.movements_max) return;
    // Whatever else the oldest order has must go with it.
    const Time made(std::chrono::milliseconds(moves_.begin()->first.unix_milliseconds() + 1));
    complete_since_ = std::max(complete_since_, made);
    moves_.erase(moves_.begin());
}

ProviderLog ProviderTail::slice(const Span& span, Names& names) const {
    ProviderLog log;
    const auto end = moves_.lower_bound(span.end());
    for (auto one = moves_.lower_bound(span.first()); one != end; ++one) {
        log.moves.push_back(one->second.move);
        log.moves.back().currency = names.of(one->second.currency);
    }
    return log;
}

}  // namespace shop::audit
