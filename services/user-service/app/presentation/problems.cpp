#include "services/user-service/app/presentation/problems.hpp"

#include "platform/base/ensure.hpp"

namespace shop::user {

platform::http::Problem problem_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::email_taken: return {409, "email-taken", "An account with this e-mail address exists"};
        case Refusal::wrong_credentials:
            return {401, "wrong-credentials", "E-mail address and password do not match an account"};
        case Refusal::user_not_found: return {404, "user-not-found", "The account does not exist any more"};
    }
    platform::broken("every refusal has a problem", std::source_location::current());
}

}  // namespace shop::user
