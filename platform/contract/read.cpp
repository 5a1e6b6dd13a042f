#include "platform/contract/read.hpp"

#include <algorithm>

namespace platform::contract {

const boost::json::object* object_at(const boost::json::value& json, const Where& where, Reading& reading) {
    const auto* object = json.if_object();
    if (object == nullptr) reading.refuse(where, "must be an object");
    return object;
}

const boost::json::array* array_at(const boost::json::value& json, const Where& where, Reading& reading) {
    const auto* array = json.if_array();
    if (array == nullptr) reading.refuse(where, "must be an array");
    return array;
}

void refuse_unknown_members(const boost::json::object& object, std::span<const std::string_view> names,
                            const Where& where, Reading& reading) {
    for (const auto& member : object) {
        const std::string_view name(member.key().data(), member.key().size());
        if (std::ranges::find(names, name) == names.end()) {
            reading.refuse(Where(where, name), "is not a known member");
        }
    }
}

}  // namespace platform::contract
