#pragma once

#include "platform/http/problem.hpp"
#include "services/payment-service/app/domain/refusal.hpp"

namespace shop::payment {

platform::http::Problem problem_of(Refusal refusal);

}  // namespace shop::payment
