#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/awaitable.hpp"
#include "platform/base/ids.hpp"
#include "platform/messaging/message.hpp"
#include "services/inventory-service/app/domain/stock.hpp"

namespace shop::inventory {

using platform::awaitable;
using InventoryMessage = platform::messaging::Message<StockMessage>;

/// What a transaction has locked: reservations first, then stock, each in key order.
struct LockedStock {
    std::vector<InventoryMessage> fresh;          // Not handled before, each once, in the order of delivery.
    std::map<OrderId, Reservation> reservations;  // One for every order that `fresh` names.
    StockBySku stock;                             // Every existing SKU that those orders can touch.
};

/// What an administrator asks for. With a key, a repetition of the request moves nothing twice.
struct StockRequest {
    Sku sku;
    UserId asked_by;
    std::string key;             // Empty: none.
    std::string request_sha256;  // Tells a repetition from another request under the same key.
};

/// The stock of one SKU, locked, and the earlier request with the same key.
struct LockedShelf {
    struct Earlier {
        Sku sku;
        std::string request_sha256;
    };
    Stock stock;
    std::optional<Earlier> earlier;
};
BOOST_DESCRIBE_STRUCT(LockedShelf::Earlier, (), (sku, request_sha256))

/// Absolute values to write, and what goes out with them.
struct Changes {
    std::vector<Reservation> reservations;
    StockBySku stock;
    std::vector<Movement> movements;
    std::optional<StockRequest> request;  // Who asked for the movements, where somebody did.
    struct Event {
        platform::Uuid id;
        StockEvent event;
        std::string traceparent;
    };
    std::vector<Event> events;
};

/// One unit of work. Destroyed without commit, it never happened. commit() may throw without anybody knowing
/// whether it happened: only a normal return lets a message be acknowledged.
struct StockTransaction {
    virtual ~StockTransaction() = default;
    virtual awaitable<LockedStock> load(std::vector<InventoryMessage> messages) = 0;

    /// Locks the stock that is asked for, and creates it with nothing on the shelf when it is not there. Of
    /// two requests with one key, the second waits for the first.
    virtual awaitable<LockedShelf> load_or_create(StockRequest request) = 0;
    virtual awaitable<void> save(Changes changes) = 0;
    virtual awaitable<void> commit() = 0;
};

struct StockStore {
    virtual ~StockStore() = default;
    virtual awaitable<std::unique_ptr<StockTransaction>> begin() = 0;
};

struct Ports {
    StockStore* stock;
    platform::Ids* ids;
};

}  // namespace shop::inventory
