#pragma once

#include <expected>

namespace shop::user {

/// What a caller can do wrong.
enum class Refusal {
    /// The address has an account. Saying so tells a stranger that it exists; the alternative is to answer
    /// every
    /// registration alike and to settle the rest by mail, which the shop does not send. What bounds the
    /// listing
    /// of addresses is the rate limit that the gateway puts on this route.
    email_taken,
    /// Unknown address and wrong password are one answer, so that logging in tells nobody who has an account.
    wrong_credentials,
    user_not_found,
};

template <class T>
using Result = std::expected<T, Refusal>;

}  // namespace shop::user
