#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>

#include "platform/contract/described.hpp"
#include "platform/contract/violation.hpp"

namespace platform::contract {

/// The described structs of one OpenAPI or AsyncAPI document, each under its unqualified name: "PlaceOrder",
/// "PageOfOrderView" for Page<OrderView>. Two different types of one name throw std::logic_error, which names
/// both; one of them then says `static constexpr const char* schema_name()`.
class Components {
  public:
    /// What belongs under `components.schemas`.
    const boost::json::object& schemas() const { return schemas_; }

    /// True if the caller has to describe the type and hand it to finish(); from then on the name is taken,
    /// so that a type may contain itself. A type that was open and is now read as a request is described
    /// again.
    bool begin(const std::string& name, std::string_view identity, Unknown unknown);
    void finish(const std::string& name, boost::json::object schema);

  private:
    struct Entry {
        std::string identity;
        Unknown unknown;
    };
    std::map<std::string, Entry> entries_;
    boost::json::object schemas_;
};

/// "shop::order::Page<shop::order::OrderView>" becomes "PageOfOrderView".
std::string component_name(std::string_view qualified_name);

/// Collects the members of one object schema.
class ObjectSchema {
  public:
    void add(std::string_view name, bool required, boost::json::value schema);
    boost::json::object take(Unknown unknown);

  private:
    boost::json::object properties_;
    boost::json::array required_;
};

boost::json::object reference_to(const std::string& component);
boost::json::object array_schema(boost::json::value items);
boost::json::object array_schema(boost::json::value items, std::size_t min, std::size_t max);
void add_description(boost::json::object& schema, const char* text);
void add_example(boost::json::object& schema, const char* json);

template <class T>
consteval std::string_view qualified_name() {
    constexpr std::string_view text = __PRETTY_FUNCTION__;
    constexpr std::size_t start = text.find("T = ") + 4;
    return text.substr(start, text.rfind(']') - start);
}

template <class T>
std::string schema_name() {
    if constexpr (requires { T::schema_name(); }) {
        return T::schema_name();
    } else {
        return component_name(qualified_name<T>());
    }
}

template <class T>
boost::json::value schema(Components& components, Unknown unknown = Unknown::ignore);

template <class M>
void describe_member(ObjectSchema& object, std::string_view name, Components& components, Unknown unknown) {
    if constexpr (OptionalType<M>) {
        object.add(name, false, schema<typename Optional<M>::Element>(components, unknown));
    } else {
        object.add(name, true, schema<M>(components, unknown));
    }
}

template <class T, template <class...> class Members, class... D>
boost::json::object object_schema(Components& components, Unknown unknown, Members<D...>) {
    ObjectSchema object;
    (describe_member<std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>>(object, D::name,
                                                                                    components, unknown),
     ...);
    boost::json::object out = object.take(unknown);
    if constexpr (requires { T::description(); }) add_description(out, T::description());
    if constexpr (requires { T::example(); }) add_example(out, T::example());
    return out;
}

/// JSON Schema 2020-12, the dialect of OpenAPI 3.1, of what read() accepts and write() produces. Described
/// structs go to `components` and are answered as a $ref. A type that is read as a request body is asked for
/// with Unknown::refuse, which closes it and everything in it (`additionalProperties: false`). A described
/// struct may add `static constexpr const char* description()` and, as JSON text, `example()`.
template <class T>
boost::json::value schema(Components& components, Unknown unknown) {
    if constexpr (requires { Scalar<T>::schema(); }) {
        return Scalar<T>::schema();
    } else if constexpr (WiredType<T>) {
        return schema<typename Scalar<T>::Wire>(components, unknown);
    } else if constexpr (SequenceType<T>) {
        auto items = schema<typename Sequence<T>::Element>(components, unknown);
        if constexpr (Sequence<T>::limited) {
            return array_schema(std::move(items), Sequence<T>::min, Sequence<T>::max);
        } else {
            return array_schema(std::move(items));
        }
    } else {
        static_assert(Described<T>, "the type has neither BOOST_DESCRIBE_STRUCT nor a contract::Scalar");
        const std::string name = schema_name<T>();
        if (components.begin(name, qualified_name<T>(), unknown)) {
            components.finish(name, object_schema<T>(components, unknown, members_of<T>{}));
        }
        return reference_to(name);
    }
}

}  // namespace platform::contract
