#include "services/product-service/app/presentation/views.hpp"

namespace platform::contract {
namespace {

constexpr std::size_t skus_max = 50;

}  // namespace

using shop::Sku;
using shop::product::SkuList;

Parsed<SkuList> Scalar<SkuList>::parse(std::string_view text) {
    SkuList list;
    while (list.skus.size() < skus_max) {
        const auto comma = std::min(text.find(','), text.size());
        auto sku = read_text<Sku>(text.substr(0, comma));
        if (!sku) break;
        list.skus.push_back(std::move(*sku));
        if (comma == text.size()) return list;
        text.remove_prefix(comma + 1);
    }
    return std::unexpected("must be 1 to 50 SKUs with commas between them");
}

std::string Scalar<SkuList>::text(const SkuList& list) {
    std::string out;
    for (const auto& sku : list.skus) out += (out.empty() ? "" : ",") + sku.value;
    return out;
}

boost::json::object Scalar<SkuList>::schema() {
    return rules::text_schema(1, skus_max * 65 - 1, "^[A-Za-z0-9._:-]{1,64}(,[A-Za-z0-9._:-]{1,64}){0,49}$");
}

}  // namespace platform::contract
