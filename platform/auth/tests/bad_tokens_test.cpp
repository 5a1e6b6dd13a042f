#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "platform/auth/tests/tokens.hpp"

namespace platform::auth {
namespace {

namespace json = boost::json;

constexpr std::int64_t now = 1'800'000'000;
const std::string good_header = R"({"alg":"RS256","typ":"JWT","kid":"k1"})";

json::object good_claims() {
    return {{"iss", "https://shop.test/auth"},
            {"aud", "shop-api"},
            {"sub", "01932f4a-7c00-7000-8000-000000000001"},
            {"role", "user"},
            {"jti", "01932f4a-7c00-7000-8000-00000000000a"},
            {"iat", now},
            {"exp", now + 900}};
}

std::string good_payload() { return json::serialize(good_claims()); }

/// Correctly signed by our own key: only the claims are wrong.
std::string with_claim(const char* name, json::value value) {
    auto claims = good_claims();
    claims[name] = std::move(value);
    return forge(good_header, json::serialize(claims));
}

std::string without_claim(const char* name) {
    auto claims = good_claims();
    claims.erase(name);
    return forge(good_header, json::serialize(claims));
}

std::string with_header(std::string_view header) { return forge(header, good_payload()); }

std::string with_kid(const std::string& kid) {
    return with_header(json::serialize(json::object{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", kid}}));
}

std::string unsigned_token(std::string_view header) {
    return base64url(header) + "." + base64url(good_payload()) + ".";
}

/// The classic confusion: the public key, which everybody has, used as an HMAC secret.
std::string hmac_with_public_key() {
    const std::string text =
        base64url(R"({"alg":"HS256","typ":"JWT","kid":"k1"})") + "." + base64url(good_payload());
    const std::string key = content_of(key_pairs() / "k1.pub.pem");
    std::string mac(32, '\0');
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(mac.data()), nullptr);
    return text + "." + base64url(mac);
}

struct BadToken {
    std::string name;
    std::string token;
    TokenFault fault;
};

std::vector<BadToken> bad_headers() {
    const std::string good = forge(good_header, good_payload());
    const std::string signature = good.substr(good.rfind('.') + 1);
    return {
        {"alg_none", unsigned_token(R"({"alg":"none","typ":"JWT","kid":"k1"})"), TokenFault::algorithm},
        {"alg_None", unsigned_token(R"({"alg":"None","typ":"JWT","kid":"k1"})"), TokenFault::algorithm},
        {"alg_nOnE", unsigned_token(R"({"alg":"nOnE","typ":"JWT","kid":"k1"})"), TokenFault::algorithm},
        {"alg_none_with_signature", with_header(R"({"alg":"none","typ":"JWT","kid":"k1"})"),
         TokenFault::algorithm},
        {"alg_missing", with_header(R"({"typ":"JWT","kid":"k1"})"), TokenFault::algorithm},
        {"alg_unknown", with_header(R"({"alg":"RS257","typ":"JWT","kid":"k1"})"), TokenFault::algorithm},
        {"alg_lower_case", with_header(R"({"alg":"rs256","typ":"JWT","kid":"k1"})"), TokenFault::algorithm},
        {"alg_not_a_string", with_header(R"({"alg":["RS256"],"typ":"JWT","kid":"k1"})"),
         TokenFault::algorithm},
        {"alg_stronger_but_not_listed", with_header(R"({"alg":"RS512","typ":"JWT","kid":"k1"})"),
         TokenFault::algorithm},
        {"hmac_with_the_public_key", hmac_with_public_key(), TokenFault::algorithm},
        {"es256_of_zeros",
         base64url(R"({"alg":"ES256","typ":"JWT","kid":"k1"})") + "." + base64url(good_payload()) + "." +
             base64url(std::string(64, '\0')),
         TokenFault::algorithm},
        {"alg_twice", with_header(R"({"alg":"none","alg":"RS256","typ":"JWT","kid":"k1"})"),
         TokenFault::malformed},
        {"typ_missing", with_header(R"({"alg":"RS256","kid":"k1"})"), TokenFault::type},
        {"typ_of_an_id_token", with_header(R"({"alg":"RS256","typ":"id+jwt","kid":"k1"})"), TokenFault::type},
        {"typ_of_a_logout_token", with_header(R"({"alg":"RS256","typ":"logout+jwt","kid":"k1"})"),
         TokenFault::type},
        {"kid_missing", with_header(R"({"alg":"RS256","typ":"JWT"})"), TokenFault::key_unknown},
        {"kid_path", with_kid("../../dev/null"), TokenFault::key_unknown},
        {"kid_sql", with_kid("k1' or '1'='1"), TokenFault::key_unknown},
        {"kid_url", with_kid("https://evil.test/k1"), TokenFault::key_unknown},
        {"kid_long", with_kid(std::string(1'000, 'k')), TokenFault::key_unknown},
        {"kid_over_the_limit", with_kid(std::string(10'000, 'k')), TokenFault::too_large},
        {"kid_unknown", with_kid("k3"), TokenFault::key_unknown},
        {"kid_with_nul", with_kid(std::string{"k1\0", 3}), TokenFault::key_unknown},
        {"kid_number", with_header(R"({"alg":"RS256","typ":"JWT","kid":1})"), TokenFault::key_unknown},
        {"jwk", with_header(R"({"alg":"RS256","typ":"JWT","kid":"k1","jwk":{"kty":"RSA"}})"),
         TokenFault::header_member},
        {"jku", with_header(R"({"alg":"RS256","typ":"JWT","kid":"k1","jku":"https://evil.test/"})"),
         TokenFault::header_member},
        {"x5u", with_header(R"({"alg":"RS256","typ":"JWT","kid":"k1","x5u":"https://evil.test/"})"),
         TokenFault::header_member},
        {"x5c", with_header(R"({"alg":"RS256","typ":"JWT","kid":"k1","x5c":["MII"]})"),
         TokenFault::header_member},
        {"crit", with_header(R"({"alg":"RS256","typ":"JWT","kid":"k1","crit":["exp"]})"),
         TokenFault::header_member},
        {"header_not_an_object", with_header(R"(["RS256"])"), TokenFault::malformed},
        {"header_not_json", with_header("RS256"), TokenFault::malformed},
    };
}

std::vector<BadToken> bad_signatures() {
    const std::string good = forge(good_header, good_payload());
    const std::string text = good.substr(0, good.rfind('.'));
    const std::string signature = good.substr(good.rfind('.') + 1);
    auto admin = good_claims();
    admin["role"] = "admin";
    return {
        {"signature_empty", text + ".", TokenFault::signature},
        {"signature_missing", text, TokenFault::malformed},
        {"signature_truncated", text + "." + signature.substr(0, 200), TokenFault::signature},
        {"signature_of_zeros", text + "." + base64url(std::string(256, '\0')), TokenFault::signature},
        {"signature_of_another_key", forge(good_header, good_payload(), "k2"), TokenFault::signature},
        {"payload_changed",
         base64url(good_header) + "." + base64url(json::serialize(admin)) + "." + signature,
         TokenFault::signature},
        {"truncated", good.substr(0, good_header.size() + 40), TokenFault::malformed},
        {"padded", good + "==", TokenFault::malformed},
        {"four_parts", good + "." + signature, TokenFault::malformed},
        {"white_space", " " + good, TokenFault::malformed},
        {"new_line", good + "\n", TokenFault::malformed},
        {"empty", "", TokenFault::malformed},
        {"dots", "..", TokenFault::malformed},
        {"too_large", good + std::string(4'000, 'A'), TokenFault::too_large},
    };
}

std::vector<BadToken> bad_claims() {
    const std::string payload = good_payload();
    return {
        {"exp_missing", without_claim("exp"), TokenFault::claim_missing},
        {"iat_missing", without_claim("iat"), TokenFault::claim_missing},
        {"iss_missing", without_claim("iss"), TokenFault::claim_missing},
        {"aud_missing", without_claim("aud"), TokenFault::claim_missing},
        {"sub_missing", without_claim("sub"), TokenFault::claim_missing},
        {"jti_missing", without_claim("jti"), TokenFault::claim_missing},
        {"role_missing_as_in_an_id_token", without_claim("role"), TokenFault::claim_missing},
        {"aud_array", with_claim("aud", json::array{"shop-api"}), TokenFault::audience},
        {"aud_of_others", with_claim("aud", "other-api"), TokenFault::audience},
        {"iss_of_another_environment", with_claim("iss", "https://staging.test/auth"), TokenFault::issuer},
        {"sub_empty", with_claim("sub", ""), TokenFault::subject},
        {"sub_not_an_id", with_claim("sub", "admin"), TokenFault::subject},
        {"sub_number", with_claim("sub", 1), TokenFault::subject},
        {"role_with_new_line", with_claim("role", "user\nadmin"), TokenFault::role},
        {"role_array", with_claim("role", json::array{"admin"}), TokenFault::role},
        {"exp_past", with_claim("exp", now - 3'600), TokenFault::expired},
        {"exp_61_seconds_past", with_claim("exp", now - 61), TokenFault::expired},
        {"exp_at_the_leeway", with_claim("exp", now - 5), TokenFault::expired},
        {"exp_text", with_claim("exp", "1900000000"), TokenFault::claim_missing},
        {"exp_fraction", with_claim("exp", 1.9e9), TokenFault::claim_missing},
        {"exp_overflowing", with_claim("exp", INT64_MAX), TokenFault::claim_missing},
        {"exp_negative", with_claim("exp", -1), TokenFault::claim_missing},
        {"nbf_future", with_claim("nbf", now + 60), TokenFault::not_yet_valid},
        {"nbf_text", with_claim("nbf", "0"), TokenFault::not_yet_valid},
        {"iat_future", with_claim("iat", now + 60), TokenFault::not_yet_valid},
        {"claim_twice",
         forge(good_header,
               payload.substr(0, payload.size() - 1) + R"(,"sub":"01932f4a-7c00-7000-8000-000000000002"})"),
         TokenFault::malformed},
        {"payload_not_an_object", forge(good_header, "[]"), TokenFault::malformed},
        {"payload_trailing", forge(good_header, payload + "{}"), TokenFault::malformed},
        {"payload_bad_utf8", forge(good_header, "{\"iss\":\"\xff\"}"), TokenFault::malformed},
    };
}

class BadTokens : public testing::Test {
  protected:
    BadTokens() { publish("k1", keys.path); }

    void all_refused(const std::vector<BadToken>& tokens) {
        Verifier verifier{
            {.public_keys = keys.path, .issuer = "https://shop.test/auth", .audience = "shop-api"}, clock};
        for (const auto& [name, token, fault] : tokens)
            for (const char* attempt : {"first", "again"}) {
                const auto identity = verifier.verify(token);
                ASSERT_FALSE(identity) << name << ", " << attempt;
                EXPECT_EQ(identity.error(), fault) << name << ": " << text(identity.error());
            }
        EXPECT_EQ(verifier.remembered(), 0u);
        EXPECT_TRUE(verifier.verify(forge(good_header, good_payload()))) << "the pattern of them all is good";
    }

    Directory keys;
    SetClock clock;
};

TEST_F(BadTokens, with_a_wrong_header_are_refused) { all_refused(bad_headers()); }
TEST_F(BadTokens, with_a_wrong_signature_or_form_are_refused) { all_refused(bad_signatures()); }
TEST_F(BadTokens, with_wrong_claims_are_refused) { all_refused(bad_claims()); }

}  // namespace
}  // namespace platform::auth
