#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "tools/audit/books.hpp"
#include "tools/audit/snapshot.hpp"
#include "tools/audit/span.hpp"

namespace shop::audit {

/// Of the databases of all services.
struct DatabaseUrls {
    std::string user, product, order, inventory, payment;
};

/// A snapshot of every database, taken one right after the other. Blocks and throws as Snapshot does.
class Databases {
  public:
    Databases(const DatabaseUrls& urls, std::chrono::milliseconds statement_timeout, Rows rows);

    void renew();
    void end();
    /// The clock of the order database when its snapshot was taken.
    Time now() const { return order_.taken_at(); }
    Snapshot& product() { return product_; }

    void read_all(Books& books);
    /// All that belongs to the orders of this span, and the messages of the same time.
    void read_slice(const Span& span, Books& books);
    /// What is under way since before this time: open orders and payments, unsent messages.
    void read_open(Time before, Books& books);
    /// Stock, what is held of it, and the movements of each article as one.
    void read_levels(Books& books);

    /// Where a slice of at most so many orders ends that begins with the span; the span's end when that holds
    /// no more.
    Time end_of_slice(const Span& span, std::int64_t orders_max);
    std::optional<Time> first_order();

  private:
    void read_orders(const Span& span, Books& books);
    void read_reservations(const Span& span, Books& books);
    void read_stock(Books& books);
    void read_payments(const Span& span, Books& books);
    void read_messages(const Span& span, Books& books);

    Snapshot order_, inventory_, payment_, product_, user_;
};

/// Everything there is, at this moment.
void read_databases(const DatabaseUrls& urls, Books& books);

}  // namespace shop::audit
