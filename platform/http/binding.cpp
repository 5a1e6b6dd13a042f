#include "platform/http/binding.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "platform/base/ensure.hpp"
#include "platform/http/target.hpp"

namespace platform::http::binding {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// application/json, with no parameter but charset=utf-8: JSON is UTF-8 whatever the header claims, and a
/// client that claims otherwise would have its text misread in silence.
bool is_json(std::string_view content_type) {
    const auto semicolon = std::min(content_type.find(';'), content_type.size());
    if (!equal_ignoring_case(trimmed(content_type.substr(0, semicolon)), "application/json")) return false;
    if (semicolon == content_type.size()) return true;
    const auto parameter = trimmed(content_type.substr(semicolon + 1));
    return parameter.empty() || equal_ignoring_case(parameter, "charset=utf-8") ||
           equal_ignoring_case(parameter, "charset=\"utf-8\"");
}

std::string sha256_hex(std::initializer_list<std::string_view> parts) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const auto part : parts) {
        // Each part with its length, so that moving a byte from one to the next changes the hash.
        text += std::to_string(part.size());
        text += ':';
        text += part;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int length = 0;
    ensure(EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1,
           "SHA-256 is always available");
    std::string hex;
    hex.reserve(2 * length);
    for (unsigned int i = 0; i < length; ++i) {
        hex += digits[digest[i] >> 4U];
        hex += digits[digest[i] & 15U];
    }
    return hex;
}

}  // namespace

std::string_view Reader::next_path_parameter() {
    // Router::add() has compared the number of parameters with the number of schemas.
    return call_.request.parameters[path_parameters_read_++];
}

contract::Parameters Reader::query() {
    auto parameters = query_parameters(call_.request.query);
    if (!parameters) refuse(problems::bad_parameters);
    return std::move(parameters).value_or(contract::Parameters{});
}

std::optional<boost::json::value> Reader::body(bool required, boost::json::storage_ptr storage) {
    if (call_.request.body.empty() && !required) return {};
    const auto content_type = call_.request.headers.find("Content-Type");
    if (!content_type || !is_json(*content_type)) {
        refuse(problems::unsupported_media_type);
        return {};
    }
    auto parsed = contract::parse(call_.request.body, std::move(storage));
    if (!parsed) {
        refusal_ = problem_response(problems::malformed_body, call_.caller.trace.id_text(), parsed.error());
        return {};
    }
    return std::optional<boost::json::value>(std::move(*parsed));
}

void Reader::refuse(const Problem& problem, const contract::Violations& violations) {
    refusal_ = problem_response(problem, call_.caller.trace.id_text(), {}, violations);
}

const Caller& Reader::caller() {
    if (wants_canonical_body() && call_.caller.request_sha256.empty())
        call_.caller.request_sha256 =
            sha256_hex({call_.request.method, call_.request.path, call_.request.query, canonical_body_});
    return call_.caller;
}

}  // namespace platform::http::binding
