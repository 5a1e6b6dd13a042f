#pragma once

#include "platform/http/problem.hpp"
#include "services/inventory-service/app/domain/refusal.hpp"

namespace shop::inventory {

platform::http::Problem problem_of(Refusal refusal);

}  // namespace shop::inventory
