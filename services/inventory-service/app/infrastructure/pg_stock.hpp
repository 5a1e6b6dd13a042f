#pragma once

#include <functional>

#include "platform/messaging/inbox.hpp"
#include "platform/postgres/pool.hpp"
#include "services/inventory-service/app/application/ports.hpp"

namespace shop::inventory {

/// Stock and reservations on PostgreSQL. `committed` is called after each commit that wrote events, so that
/// the relay need not wait for its next look.
class PgStock final : public StockStore {
  public:
    PgStock(platform::postgres::Pool& pool, platform::messaging::Inbox& inbox, platform::Ids& ids,
            std::function<void()> committed);

    awaitable<std::unique_ptr<StockTransaction>> begin() override;

  private:
    platform::postgres::Pool& pool_;
    platform::messaging::Inbox& inbox_;
    platform::Ids& ids_;
    std::function<void()> committed_;
};

}  // namespace shop::inventory
