#pragma once

#include "platform/http/problem.hpp"
#include "services/user-service/app/domain/refusal.hpp"

namespace shop::user {

platform::http::Problem problem_of(Refusal refusal);

}  // namespace shop::user
