#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <optional>
#include <string>
#include <vector>

#include "platform/contract/json.hpp"

/// The types that the tests of reading, writing and describing share: a small order.
namespace platform::contract::wire {

enum class Speed { standard, express };
BOOST_DESCRIBE_ENUM(Speed, standard, express)

/// A type with a scalar codec of its own: upper-case letters and digits around a dash.
class Sku {
  public:
    Sku() = default;
    explicit Sku(std::string text) : text_(std::move(text)) {}
    const std::string& text() const { return text_; }
    bool operator==(const Sku&) const = default;

  private:
    std::string text_;
};

/// A domain type that another described type stands for on the wire.
class Weight {
  public:
    Weight() = default;
    explicit Weight(std::int64_t grams) : grams_(grams) {}
    std::int64_t grams() const { return grams_; }
    bool operator==(const Weight&) const = default;

  private:
    std::int64_t grams_ = 0;
};

struct WeightOnTheWire {
    Int<0, 1'000'000> amount;
    Token<1, 2> unit;
};
BOOST_DESCRIBE_STRUCT(WeightOnTheWire, (), (amount, unit))

struct Line {
    Sku sku;
    Int<1, 99> quantity;

    bool operator==(const Line&) const = default;
};
BOOST_DESCRIBE_STRUCT(Line, (), (sku, quantity))

struct PlaceOrder {
    static constexpr const char* description() { return "A basket to be bought."; }

    List<Line, 1, 3> lines;
    Text<1, 20> address;
    std::optional<Prose<0, 40>> note;
    std::optional<Speed> speed;
    std::optional<Weight> weight;

    bool operator==(const PlaceOrder&) const = default;
};
BOOST_DESCRIBE_STRUCT(PlaceOrder, (), (lines, address, note, speed, weight))

struct Base {
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Base, (), (version))

struct Derived : Base {
    bool flag = false;
};
BOOST_DESCRIBE_STRUCT(Derived, (Base), (flag))

struct Category {
    std::string name;
    std::vector<Category> children;
};
BOOST_DESCRIBE_STRUCT(Category, (), (name, children))

struct Empty {};
BOOST_DESCRIBE_STRUCT(Empty, (), ())

template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next;
    BOOST_DESCRIBE_CLASS(Page, (), (items, next), (), ())
};

}  // namespace platform::contract::wire

template <>
struct platform::contract::Scalar<platform::contract::wire::Sku> {
    using Sku = wire::Sku;
    static Parsed<Sku> parse(std::string_view text) {
        if (text.size() == 5 && text[2] == '-') return Sku(std::string(text));
        return std::unexpected("must be a SKU such as AB-12");
    }
    static const std::string& text(const Sku& sku) { return sku.text(); }
    static boost::json::object schema() { return rules::text_schema(5, 5, "^[A-Z]{2}-[0-9]{2}$"); }
};

template <>
struct platform::contract::Scalar<platform::contract::wire::Weight> {
    using Wire = wire::WeightOnTheWire;
    static Parsed<wire::Weight> from(const Wire& wire) {
        if (wire.unit.value == "g") return wire::Weight(wire.amount);
        return std::unexpected("must be in grams");
    }
    static Wire wire(const wire::Weight& weight) { return {{weight.grams()}, {"g"}}; }
};
