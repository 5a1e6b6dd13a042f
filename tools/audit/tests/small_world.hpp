#pragma once

#include "tools/audit/audit.hpp"

namespace shop::audit {

/// Three orders whose books agree in every respect: one confirmed, one cancelled after its payment was
/// refunded, one cancelled for want of stock. A test corrupts one thing and asks which check sees it.
struct SmallWorld {
    static constexpr std::uint8_t confirmed = 1, refunded = 2, refused = 3;

    SmallWorld();

    static OrderId order_id(std::uint8_t number);
    Uuid next_id();
    Name name(std::string_view text) { return books.names.of(text); }

    Order& order(std::uint8_t number) { return books.orders.at(number - 1u); }
    Reservation& reservation(std::uint8_t number) { return books.reservations.at(number - 1u); }
    Payment& payment(std::uint8_t number) { return books.payments.at(number - 1u); }

    void add_order(std::uint8_t number, OrderStatus status, std::vector<OrderStatus> steps);
    void add_event(std::string_view service, std::string_view type, std::vector<std::string_view> queues);
    void add_money(std::uint8_t number, ProviderMove::Kind kind, std::int64_t amount);

    Time now = Time(std::chrono::days(20'000));
    Books books;

  private:
    void add_messages();

    std::uint8_t ids_ = 0;
};

/// "A1 A4" for the checks with findings, in order.
std::string failed(const Checks& checks);
const Check& check_of(const Checks& checks, std::string_view id);

}  // namespace shop::audit
