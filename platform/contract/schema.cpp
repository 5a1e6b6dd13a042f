#include "platform/contract/schema.hpp"

#include <boost/json/array.hpp>
#include <stdexcept>

#include "platform/contract/parse.hpp"

namespace platform::contract {

namespace json = boost::json;

bool Components::begin(const std::string& name, std::string_view identity, Unknown unknown) {
    const auto [place, added] = entries_.try_emplace(name, std::string(identity), unknown);
    if (added) return true;
    Entry& entry = place->second;
    if (entry.identity != identity) {
        throw std::logic_error("one document names two types " + name + ": " + entry.identity + " and " +
                               std::string(identity) + "; give one of them a schema_name()");
    }
    if (entry.unknown == Unknown::refuse || unknown == Unknown::ignore) return false;
    entry.unknown = Unknown::refuse;
    return true;
}

void Components::finish(const std::string& name, json::object schema) { schemas_[name] = std::move(schema); }

std::string component_name(std::string_view qualified_name) {
    std::string out;
    std::size_t part = 0;  // Where the identifier being read starts in `out`; "::" drops what stands there.
    for (const char c : qualified_name) {
        switch (c) {
            case ':': out.resize(part); break;
            case '<':
                out += "Of";
                part = out.size();
                break;
            case ',':
                out += "And";
                part = out.size();
                break;
            case '>':
            case '(':
            case ')':
            case ' ': break;
            default: out += c;
        }
    }
    return out;
}

void ObjectSchema::add(std::string_view name, bool required, json::value schema) {
    properties_[name] = std::move(schema);
    if (required) required_.emplace_back(name);
}

json::object ObjectSchema::take(Unknown unknown) {
    json::object out{{"type", "object"}, {"properties", std::move(properties_)}};
    if (!required_.empty()) out["required"] = std::move(required_);
    if (unknown == Unknown::refuse) out["additionalProperties"] = false;
    return out;
}

json::object reference_to(const std::string& component) {
    return {{"$ref", "#/components/schemas/" + component}};
}

json::object array_schema(json::value items) { return {{"type", "array"}, {"items", std::move(items)}}; }

json::object array_schema(json::value items, std::size_t min, std::size_t max) {
    json::object out = array_schema(std::move(items));
    if (min > 0) out["minItems"] = min;
    out["maxItems"] = max;
    return out;
}

void add_description(json::object& schema, const char* text) { schema["description"] = text; }

void add_example(json::object& schema, const char* text) {
    auto example = parse(text);
    if (!example) throw std::logic_error(std::string("an example is not JSON: ") + example.error());
    schema["examples"] = json::array{std::move(*example)};
}

}  // namespace platform::contract
