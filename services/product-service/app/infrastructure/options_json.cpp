#include "services/product-service/app/infrastructure/options_json.hpp"

#include <stdexcept>

#include "platform/contract/read.hpp"
#include "platform/contract/write.hpp"

namespace shop::product {

platform::postgres::Json json_of(const std::vector<Option>& options) {
    return {platform::contract::to_json(options)};
}

std::vector<Option> options_of(const platform::postgres::Json& json) {
    auto options = platform::contract::from_json<std::vector<Option>>(json.text);
    if (!options) throw std::runtime_error("offers.options does not hold options: " + options.error());
    return std::move(*options);
}

}  // namespace shop::product
