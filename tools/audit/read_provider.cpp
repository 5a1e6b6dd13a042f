#include "tools/audit/read_provider.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "tools/payment-provider/effect.hpp"

namespace shop::audit {

namespace {

/// The provider writes currencies in lower case.
std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

void add(const provider::Effect& effect, Names& names, ProviderLog& log) {
    const bool charge = effect.event == provider::Event::charged;
    if (!charge && effect.event != provider::Event::refunded) return;
    log.moves.push_back({.kind = charge ? ProviderMove::Kind::charge : ProviderMove::Kind::refund,
                         .payment = effect.payment_intent,
                         .refund = effect.refund,
                         .order_text = effect.order_id,
                         .order = OrderId::parse(effect.order_id),
                         .amount = effect.amount,
                         .currency = names.of(upper(effect.currency)),
                         .at = effect.time});
}

}  // namespace

ProviderLog read_provider_log(const std::string& path, Names& names) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read the provider's log " + path);
    ProviderLog log;
    std::int64_t expected = 1;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line) && !file.eof();) {
        ++number;
        try {
            const auto effect = provider::from_line(line);
            if (effect.sequence != expected)
                log.damage.push_back("line " + std::to_string(number) + " has sequence " +
                                     std::to_string(effect.sequence) + " instead of " +
                                     std::to_string(expected));
            expected = effect.sequence + 1;
            add(effect, names, log);
        } catch (const std::runtime_error& error) {
            log.damage.push_back("line " + std::to_string(number) + ": " + error.what());
            ++expected;
        }
    }
    return log;
}

}  // namespace shop::audit
