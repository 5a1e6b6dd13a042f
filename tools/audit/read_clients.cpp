#include "tools/audit/read_clients.hpp"

#include <algorithm>
#include <boost/describe/enum_from_string.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>
#include <unordered_map>

namespace shop::audit {

namespace {

namespace json = boost::json;

/// Empty when it is absent.
std::string text(const json::object& line, json::string_view name) {
    const auto* value = line.if_contains(name);
    return value && !value->is_null() ? std::string(value->as_string()) : std::string();
}

template <class Id>
Id id_in(const json::object& line, json::string_view name) {
    const auto id = Id::parse(text(line, name));
    if (!id) throw std::runtime_error("'" + std::string(name) + "' is not an id");
    return *id;
}

ClientOperation::Kind kind_in(const json::object& line) {
    const auto kind = text(line, "kind");
    if (kind == "place") return ClientOperation::Kind::place;
    if (kind == "cancel") return ClientOperation::Kind::cancel;
    throw std::runtime_error("'kind' must be place or cancel, not '" + kind + "'");
}

void add_order(const json::object& line, ClientOperation& operation) {
    if (text(line, "order").empty()) return;
    const auto order = id_in<OrderId>(line, "order");
    if (std::ranges::find(operation.orders, order) == operation.orders.end())
        operation.orders.push_back(order);
}

void add_answer(const json::object& line, const std::string& phase, ClientOperation& operation) {
    using Result = ClientOperation::Result;
    if (phase == "info") return;
    if (phase != "ok" && phase != "fail")
        throw std::runtime_error("'phase' must be invoke, ok, fail or info, not '" + phase + "'");
    operation.result = phase == "ok" ? Result::done : Result::refused;
    if (phase == "fail") return;
    add_order(line, operation);
    const auto told = text(line, "outcome");
    if (told.empty()) return;
    OrderStatus outcome{};
    if (!boost::describe::enum_from_string(told.c_str(), outcome))
        throw std::runtime_error("'outcome' is no status of an order: '" + told + "'");
    operation.outcome = outcome;
}

struct History {
    std::vector<ClientOperation> operations;
    std::unordered_map<std::int64_t, std::size_t> places;

    void add(const json::object& line) {
        const auto at = platform::parse_rfc3339(text(line, "at"));
        if (!at) throw std::runtime_error("'at' is not a time");
        const auto number = line.at("op").to_number<std::int64_t>();
        const auto [place, fresh] = places.try_emplace(number, operations.size());
        if (fresh)
            operations.push_back({.number = number,
                                  .kind = kind_in(line),
                                  .user = id_in<UserId>(line, "user"),
                                  .key = text(line, "key"),
                                  .asked_at = *at});
        auto& operation = operations[place->second];
        if (operation.kind != kind_in(line) || operation.user != id_in<UserId>(line, "user") ||
            operation.key != text(line, "key"))
            throw std::runtime_error("operation " + std::to_string(number) + " was another one before");
        // A cancellation names its order from the start.
        if (operation.kind == ClientOperation::Kind::cancel) add_order(line, operation);
        if (const auto phase = text(line, "phase"); phase != "invoke") add_answer(line, phase, operation);
    }
};

}  // namespace

std::vector<ClientOperation> read_clients(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read the client history " + path);
    History history;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line) && !file.eof();) {
        ++number;
        try {
            history.add(json::parse(line).as_object());
        } catch (const std::exception& error) {
            throw std::runtime_error(path + ", line " + std::to_string(number) + ": " + error.what());
        }
    }
    return std::move(history.operations);
}

}  // namespace shop::audit
