#include "platform/auth/verifier.hpp"

#include <gtest/gtest.h>

#include "platform/auth/tests/tokens.hpp"

namespace platform::auth {
namespace {

using namespace std::chrono_literals;

const Uuid user = *Uuid::parse("01932f4a-7c00-7000-8000-000000000001");

class VerifierTest : public testing::Test {
  protected:
    VerifierTest() { publish("k1", keys.path); }

    VerifierConfig config() const {
        return {.public_keys = keys.path, .issuer = "https://shop.test/auth", .audience = "shop-api"};
    }
    Claims claims(std::chrono::seconds lifetime = 900s) const {
        return {"https://shop.test/auth", "shop-api", user, "user", Uuid{}, clock.time,
                clock.time + lifetime};
    }
    static Signer signer(const char* kid = "k1") { return Signer{key_pairs() / (std::string{kid} + ".pem")}; }

    Directory keys;
    SetClock clock;
};

TEST_F(VerifierTest, accepts_what_the_signer_made) {
    Verifier verifier{config(), clock};
    const auto identity = verifier.verify(signer().sign(claims()));
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->user, user);
    EXPECT_EQ(identity->roles, std::vector<std::string>{"user"});
    EXPECT_EQ(identity->expires_at, clock.time + 900s);
}

TEST_F(VerifierTest, remembers_a_token_until_it_expires_and_no_longer) {
    Verifier verifier{config(), clock};
    const std::string token = signer().sign(claims(60s));
    EXPECT_TRUE(verifier.verify(token));
    EXPECT_EQ(verifier.remembered(), 1u);
    clock.time += 64s;
    EXPECT_TRUE(verifier.verify(token)) << "within the leeway";
    clock.time += 1s;
    EXPECT_EQ(verifier.verify(token).error(), TokenFault::expired);
}

TEST_F(VerifierTest, forgets_expired_tokens_first_and_keeps_to_its_limit) {
    auto limited = config();
    limited.cache_entries_max = 2;
    Verifier verifier{limited, clock};
    const auto sign = signer();
    const std::string shortest = sign.sign(claims(10s));
    EXPECT_TRUE(verifier.verify(shortest));
    clock.time += 20s;
    EXPECT_TRUE(verifier.verify(sign.sign(claims(100s))));
    EXPECT_EQ(verifier.remembered(), 1u);
    EXPECT_TRUE(verifier.verify(sign.sign(claims(101s))));
    EXPECT_TRUE(verifier.verify(sign.sign(claims(102s))));
    EXPECT_EQ(verifier.remembered(), 2u);
}

TEST_F(VerifierTest, remembers_nothing_that_it_refused) {
    Verifier verifier{config(), clock};
    std::string token = signer().sign(claims());
    token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
    EXPECT_EQ(verifier.verify(token).error(), TokenFault::signature);
    EXPECT_EQ(verifier.remembered(), 0u);
}

TEST_F(VerifierTest, finds_a_key_that_was_added_by_reading_the_directory_again) {
    Verifier verifier{config(), clock};
    const std::string token = signer("k2").sign(claims());
    EXPECT_EQ(verifier.verify(token).error(), TokenFault::key_unknown);
    publish("k2", keys.path);
    clock.time += 1s;
    EXPECT_EQ(verifier.verify(token).error(), TokenFault::key_unknown) << "not more often than its interval";
    clock.time += 2s;
    EXPECT_TRUE(verifier.verify(token));
    EXPECT_TRUE(verifier.verify(signer("k1").sign(claims()))) << "both are good while keys rotate";
}

TEST_F(VerifierTest, a_withdrawn_key_takes_its_remembered_tokens_with_it) {
    publish("k2", keys.path);
    Verifier verifier{config(), clock};
    const std::string token = signer("k2").sign(claims());
    EXPECT_TRUE(verifier.verify(token));
    std::filesystem::remove(keys.path / "k2.pub.pem");
    EXPECT_TRUE(verifier.verify(token));
    clock.time += 61s;
    EXPECT_EQ(verifier.verify(token).error(), TokenFault::key_unknown);
}

TEST_F(VerifierTest, keeps_its_keys_when_a_new_file_is_broken) {
    Verifier verifier{config(), clock};
    std::ofstream{keys.path / "k2.pub.pem"} << "-----BEGIN PUBLIC KEY-----\nhalf";
    clock.time += 61s;
    EXPECT_TRUE(verifier.verify(signer().sign(claims())));
}

TEST_F(VerifierTest, does_not_start_without_a_usable_key_or_with_a_wide_leeway) {
    const Directory empty;
    auto without = config();
    without.public_keys = empty.path;
    EXPECT_THROW((Verifier{without, clock}), std::runtime_error);
    without.public_keys = empty.path / "absent";
    EXPECT_THROW((Verifier{without, clock}), std::runtime_error);

    auto wide = config();
    wide.leeway = 61s;
    EXPECT_THROW((Verifier{wide, clock}), std::invalid_argument);

    std::ofstream{keys.path / "k9.pub.pem"} << content_of(key_pairs() / "k1.pem");
    EXPECT_THROW((Verifier{config(), clock}), std::runtime_error) << "a private key is no public key";
}

TEST_F(VerifierTest, publishes_its_keys_as_a_key_set) {
    publish("k2", keys.path);
    const auto set = boost::json::parse(Verifier{config(), clock}.jwks()).as_object();
    ASSERT_EQ(set.at("keys").as_array().size(), 2u);
    const auto& key = set.at("keys").as_array()[0].as_object();
    EXPECT_EQ(key.at("kid"), "k1");
    EXPECT_EQ(key.at("kty"), "RSA");
    EXPECT_EQ(key.at("alg"), "RS256");
    EXPECT_EQ(key.at("use"), "sig");
    EXPECT_EQ(key.at("e"), "AQAB");
    EXPECT_EQ(from_base64url(key.at("n").as_string())->size(), 256u);
    EXPECT_EQ(key.size(), 6u) << "no private part";
}

TEST(Signer, wants_a_private_key_named_after_its_id) {
    EXPECT_EQ(Signer{key_pairs() / "k1.pem"}.kid(), "k1");
    EXPECT_THROW(Signer{key_pairs() / "k1.pub.pem"}, std::runtime_error);
    EXPECT_THROW(Signer{key_pairs() / "absent.pem"}, std::runtime_error);
}

TEST(KeyPair, private_half_is_readable_by_its_owner_only) {
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(key_pairs() / "k1.pem").permissions(),
              perms::owner_read | perms::owner_write);
    EXPECT_THROW(generate_key_pair(key_pairs(), "../k3"), std::runtime_error);
}

TEST(Verifier, figures) {
    SystemClock clock;
    Directory keys;
    publish("k1", keys.path);
    VerifierConfig config{.public_keys = keys.path, .issuer = "i", .audience = "a", .cache_entries_max = 0};
    Verifier uncached{config, clock};
    config.cache_entries_max = 10;
    Verifier cached{config, clock};
    const Signer signer{key_pairs() / "k1.pem"};
    const Claims claims{"i", "a", user, "user", Uuid{}, clock.now(), clock.now() + 900s};
    const auto token = signer.sign(claims);
    const auto microseconds = [](int times, auto work) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < times; ++i) work();
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() /
               times;
    };
    RecordProperty("sign_us", std::to_string(microseconds(20, [&] { (void)signer.sign(claims); })));
    RecordProperty("verify_us",
                   std::to_string(microseconds(200, [&] { ASSERT_TRUE(uncached.verify(token)); })));
    RecordProperty("recall_us",
                   std::to_string(microseconds(2000, [&] { ASSERT_TRUE(cached.verify(token)); })));
}

}  // namespace
}  // namespace platform::auth
