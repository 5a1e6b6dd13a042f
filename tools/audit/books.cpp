#include "tools/audit/books.hpp"

#include <algorithm>
#include <tuple>

namespace shop::audit {

namespace {

template <class Row, class Key>
const Row* find(const std::vector<Row>& rows, Key Row::* key, const Key& wanted) {
    const auto place = std::ranges::lower_bound(rows, wanted, {}, key);
    return place != rows.end() && (*place).*key == wanted ? &*place : nullptr;
}

template <class Row, class... Members>
void sort_by(std::vector<Row>& rows, Members Row::*... members) {
    std::ranges::sort(
        rows, [=](const Row& a, const Row& b) { return std::tie(a.*members...) < std::tie(b.*members...); });
}

}  // namespace

Names::Names() { of({}); }

Name Names::of(std::string_view text) {
    if (const auto known = numbers_.find(text); known != numbers_.end()) return {known->second};
    const auto number = static_cast<std::uint32_t>(texts_.size());
    texts_.emplace_back(text);
    numbers_.emplace(texts_.back(), number);
    return {number};
}

std::optional<Name> Names::find(std::string_view text) const {
    const auto known = numbers_.find(text);
    return known == numbers_.end() ? std::nullopt : std::optional(Name{known->second});
}

void arrange(Books& books) {
    sort_by(books.orders, &Order::id);
    // At equal versions the change comes before the notes that found it.
    std::ranges::sort(books.history, [](const HistoryRow& a, const HistoryRow& b) {
        return std::tuple(a.order, a.version, !a.changed) < std::tuple(b.order, b.version, !b.changed);
    });
    sort_by(books.keys, &IdempotencyKey::user, &IdempotencyKey::key);
    sort_by(books.catalogue, &CataloguePrice::sku);
    sort_by(books.reservations, &Reservation::order);
    sort_by(books.stock, &Stock::sku);
    sort_by(books.movements, &Movement::order, &Movement::sku);
    sort_by(books.payments, &Payment::order);
    sort_by(books.ledger, &LedgerEntry::order, &LedgerEntry::transaction, &LedgerEntry::account);
    sort_by(books.sent, &Sent::id);
    sort_by(books.handled, &Handled::id, &Handled::queue);
    if (books.provider)
        sort_by(books.provider->moves, &ProviderMove::order, &ProviderMove::order_text, &ProviderMove::at);
}

const Order* find_order(const Books& books, OrderId id) { return find(books.orders, &Order::id, id); }

const Reservation* find_reservation(const Books& books, OrderId id) {
    return find(books.reservations, &Reservation::order, id);
}

const Payment* find_payment(const Books& books, OrderId id) {
    return find(books.payments, &Payment::order, id);
}

const CataloguePrice* find_price(const Books& books, Name sku) {
    return find(books.catalogue, &CataloguePrice::sku, sku);
}

}  // namespace shop::audit
