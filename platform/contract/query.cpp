#include "platform/contract/query.hpp"

#include <algorithm>

namespace platform::contract {

const std::string* find_parameter(const Parameters& parameters, std::string_view name) {
    const auto found = std::ranges::find(parameters, name, &Parameters::value_type::first);
    return found == parameters.end() ? nullptr : &found->second;
}

void refuse_stray_parameters(const Parameters& parameters, std::span<const std::string_view> names,
                             Violations& violations) {
    Parameters::size_type strays = 0;
    std::vector<std::string_view> seen;
    for (const auto& [name, value] : parameters) {
        const bool known = std::ranges::find(names, name) != names.end();
        const bool repeated = std::ranges::find(seen, name) != seen.end();
        if (known && !repeated) {
            seen.push_back(name);
            continue;
        }
        if (++strays > violations_max) return;
        violations.push_back({name, known ? "is given more than once" : "is not a known parameter"});
    }
}

boost::json::object query_parameter(std::string_view name, bool required, boost::json::object schema) {
    return {{"name", name}, {"in", "query"}, {"required", required}, {"schema", std::move(schema)}};
}

}  // namespace platform::contract
