#include "platform/auth/rsa.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "platform/base/ensure.hpp"

namespace platform::auth {

namespace {

constexpr int key_bits_min = 2048;

template <auto Free>
struct Deleter {
    void operator()(auto* object) const { Free(object); }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;

/// Without it OpenSSL would ask for the pass phrase of an encrypted key on the terminal.
int no_pass_phrase(char*, int, int, void*) { return 0; }

std::shared_ptr<EVP_PKEY> read_key(const std::filesystem::path& file, const char* what, auto read) {
    const Bio bio{BIO_new_file(file.c_str(), "r")};
    if (!bio) throw std::runtime_error("cannot open " + file.string());
    std::shared_ptr<EVP_PKEY> key{read(bio.get(), nullptr, no_pass_phrase, nullptr), EVP_PKEY_free};
    if (!key) throw std::runtime_error(file.string() + " holds no unencrypted PEM " + what);
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key.get()) < key_bits_min)
        throw std::runtime_error(file.string() + " is not an RSA key of 2048 bits or more");
    return key;
}

std::string number_of(EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    ensure(EVP_PKEY_get_bn_param(key, name, &raw) == 1, "an RSA key has a modulus and an exponent");
    const Number number{raw};
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
    BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
    return bytes;
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

void write_key(const std::filesystem::path& file, std::filesystem::perms mode, auto write) {
    const Bio bio{BIO_new_file(file.c_str(), "w")};
    if (!bio) throw std::runtime_error("cannot write " + file.string());
    // Before the content: a private key must at no moment be readable by others.
    std::filesystem::permissions(file, mode);
    if (write(bio.get()) != 1 || BIO_flush(bio.get()) != 1)
        throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

PublicKey::PublicKey(const std::filesystem::path& file)
    : key_{read_key(file, "public key", PEM_read_bio_PUBKEY)} {}

bool PublicKey::verifies(std::string_view text, std::string_view signature) const {
    const DigestContext context{EVP_MD_CTX_new()};
    if (!context || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1)
        throw std::runtime_error("OpenSSL cannot start an RS256 verification");
    return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                            text.size()) == 1;
}

std::string PublicKey::modulus() const { return number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N); }
std::string PublicKey::exponent() const { return number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E); }

PrivateKey::PrivateKey(const std::filesystem::path& file)
    : key_{read_key(file, "private key", PEM_read_bio_PrivateKey)} {}

std::string PrivateKey::sign(std::string_view text) const {
    const DigestContext context{EVP_MD_CTX_new()};
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
    std::string signature(size, '\0');
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(text), text.size()) != 1)
        throw std::runtime_error("OpenSSL cannot make an RS256 signature");
    signature.resize(size);
    return signature;
}

void generate_key_pair(const std::filesystem::path& directory, std::string_view kid) {
    if (!is_key_id(kid)) throw std::runtime_error("not a key id: 1 to 64 of A-Z a-z 0-9 _ -");
    const std::shared_ptr<EVP_PKEY> key{EVP_RSA_gen(key_bits_min), EVP_PKEY_free};
    if (!key) throw std::runtime_error("OpenSSL cannot make an RSA key");
    std::filesystem::create_directories(directory);
    using std::filesystem::perms;
    const auto owner = perms::owner_read | perms::owner_write;
    write_key(directory / (std::string{kid} + ".pem"), owner, [&](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    write_key(directory / (std::string{kid} + ".pub.pem"), owner | perms::group_read | perms::others_read,
              [&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); });
}

bool is_key_id(std::string_view kid) {
    return !kid.empty() && kid.size() <= 64 && std::ranges::all_of(kid, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

}  // namespace platform::auth
