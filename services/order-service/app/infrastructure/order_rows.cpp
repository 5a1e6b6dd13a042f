#include "services/order-service/app/infrastructure/order_rows.hpp"

#include <stdexcept>

#include "platform/contract/parse.hpp"
#include "platform/contract/read.hpp"
#include "platform/contract/write.hpp"

namespace shop::order {
namespace {

using platform::postgres::Statement;

template <class T>
using Array = std::vector<T>;

const Statement<void(Array<OrderId>, Array<std::int32_t>, Array<bool>, Array<std::string>, Array<OrderStatus>,
                     Array<OrderStatus>, Array<std::string>)>
    insert_history{"order.insert_history", R"sql(
insert into order_history (order_id, version, changed, event, from_status, to_status, detail)
select * from unnest($1, $2, $3, $4, $5, $6, $7))sql"};

}  // namespace

const Statement<std::string()> plan_for_the_values{
    "order.plan_for_the_values", "select set_config('plan_cache_mode', 'force_custom_plan', true)"};

void write_history(platform::postgres::Transaction& tx, const std::vector<HistoryEntry>& history) {
    if (history.empty()) return;
    Array<OrderId> ids;
    Array<std::int32_t> versions;
    Array<bool> changed;
    Array<std::string> events;
    Array<OrderStatus> from;
    Array<OrderStatus> to;
    Array<std::string> details;
    for (const auto& entry : history) {
        ids.push_back(entry.order_id);
        versions.push_back(entry.version);
        changed.push_back(entry.changed);
        events.push_back(entry.event);
        from.push_back(entry.from);
        to.push_back(entry.to);
        details.push_back(entry.detail);
    }
    tx.send(insert_history, ids, versions, changed, events, from, to, details);
}

platform::postgres::Json json_of(const Lines& lines) { return {platform::contract::to_json(lines)}; }

Lines lines_of(const platform::postgres::Json& json) {
    const auto parsed = platform::contract::parse(json.text);
    auto lines = parsed ? platform::contract::read<Lines>(*parsed, platform::contract::Unknown::ignore)
                        : std::unexpected(platform::contract::Violations{});
    if (!lines) throw std::runtime_error("orders.lines does not hold what this version writes");
    return std::move(*lines);
}

}  // namespace shop::order
