#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "platform/testing/together.hpp"
#include "services/inventory-service/tests/stock_storage.hpp"

namespace shop::inventory {
namespace {

constexpr int workers = 8;
constexpr int batches = 6;
constexpr int orders_per_batch = 5;
constexpr std::int64_t hot_pieces = 100;

/// Baskets of three lines, one of them always the SKU that everybody wants, in any order.
struct StockRacesTest : testing::Test, Storage {
    StockRacesTest() {
        put("HOT", hot_pieces);
        for (char name = 'A'; name <= 'H'; ++name) put(std::string(1, name), 10'000);
    }

    Lines basket() {
        std::string others = "ABCDEFGH";
        std::ranges::shuffle(others, random);
        Lines lines{{"HOT", 1}, {others.substr(0, 1), 1}, {others.substr(1, 1), 2}};
        std::ranges::shuffle(lines, random);
        return lines;
    }

    /// One replica: batch after batch, with `undo` also the release of an order of the batch before. A
    /// deadlock would come out of here.
    awaitable<int> worker(std::vector<std::vector<InventoryMessage>> work) {
        for (auto& batch : work) co_await handle_orders(ports, std::move(batch));
        co_return 0;
    }
    void all_at_once(bool undo) {
        std::vector<awaitable<int>> work;
        for (int w = 0; w < workers; ++w) {
            std::vector<std::vector<InventoryMessage>> mine(batches);
            std::optional<OrderId> last;
            for (auto& batch : mine) {
                if (undo && last) batch.push_back(message(ReleaseStock{*last}));
                for (int i = 0; i < orders_per_batch; ++i) {
                    last = new_order();
                    batch.push_back(created(*last, basket()));
                }
            }
            work.push_back(worker(std::move(mine)));
        }
        platform::testing::together(io, std::move(work));
    }
    awaitable<int> repeat_adjustment(std::string sku) {
        co_await adjust_stock(ports, asked(sku, "once", "the same body"), 7, "delivery");
        co_return 0;
    }
    /// What reservations say is promised is what the stock says.
    void expect_books_agree() {
        EXPECT_EQ(database.value(R"sql(
select count(*) from stock s where reserved <> coalesce((
    select sum(l.quantity) from reservations r, jsonb_to_recordset(r.lines) as l(sku text, quantity bigint)
    where r.status = 'held' and l.sku = s.sku), 0))sql"),
                  "0");
    }

    std::mt19937 random{7};
};

TEST_F(StockRacesTest, eight_connections_sell_a_hot_sku_to_the_last_piece_and_not_one_more) {
    all_at_once(false);
    EXPECT_EQ(database.value("select reserved from stock where sku = 'HOT'"), std::to_string(hot_pieces));
    EXPECT_EQ(database.value("select count(*) from reservations where status = 'held'"),
              std::to_string(hot_pieces));
    EXPECT_EQ(database.value("select count(*) from reservations where status = 'refused'"),
              std::to_string(workers * batches * orders_per_batch - hot_pieces));
    EXPECT_EQ(database.value("select count(*) from outbox"),
              std::to_string(workers * batches * orders_per_batch));
    expect_books_agree();
}

TEST_F(StockRacesTest, with_undos_among_the_orders_the_books_agree) {
    all_at_once(true);
    EXPECT_EQ(database.value("select count(*) from reservations where status = 'fresh'"), "0");
    EXPECT_EQ(database.value("select count(*) from outbox where type = 'StockReleased'"),
              std::to_string(workers * (batches - 1)));
    expect_books_agree();
}

TEST_F(StockRacesTest, one_order_told_to_all_connections_at_once_is_reserved_once) {
    const auto id = new_order();
    std::vector<awaitable<int>> work;
    for (int w = 0; w < workers; ++w)
        work.push_back(worker({{created(id, {{"HOT", 1}, {"A", 1}, {"B", 1}})}}));
    platform::testing::together(io, std::move(work));
    EXPECT_EQ(database.value("select reserved from stock where sku = 'HOT'"), "1");
    EXPECT_EQ(database.value("select count(*) from outbox"), "1");
}

TEST_F(StockRacesTest, of_many_requests_with_one_key_one_moves_units) {
    std::vector<awaitable<int>> work;
    for (int i = 0; i < workers; ++i) work.push_back(repeat_adjustment(i % 2 == 0 ? "A" : "B"));
    platform::testing::together(io, std::move(work));
    EXPECT_EQ(database.value("select count(*) from stock_requests where idempotency_key = 'once'"), "1");
    EXPECT_EQ(database.value("select sum(on_hand) from stock where sku in ('A', 'B')"), "20007");
}

}  // namespace
}  // namespace shop::inventory
