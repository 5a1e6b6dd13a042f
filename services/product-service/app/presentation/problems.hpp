#pragma once

#include "platform/http/problem.hpp"
#include "services/product-service/app/domain/refusal.hpp"

namespace shop::product {

platform::http::Problem problem_of(Refusal refusal);

}  // namespace shop::product
