#pragma once

#include "platform/http/problem.hpp"
#include "services/order-service/app/domain/refusal.hpp"

namespace shop::order {

platform::http::Problem problem_of(Refusal refusal);

}  // namespace shop::order
