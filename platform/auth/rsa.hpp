#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace platform::auth {

/// An RSA key of at least 2048 bits that checks RS256 signatures. Copies share the key; safe from any thread.
class PublicKey {
  public:
    /// Reads a PEM "PUBLIC KEY". Throws std::runtime_error naming the file and what is wrong with it.
    explicit PublicKey(const std::filesystem::path& file);

    bool verifies(std::string_view text, std::string_view signature) const;

    /// Big-endian bytes, as a JSON web key spells them (before base64url).
    std::string modulus() const;
    std::string exponent() const;

  private:
    std::shared_ptr<evp_pkey_st> key_;
};

/// The other half. Safe from any thread.
class PrivateKey {
  public:
    /// Reads an unencrypted PEM private key. Throws std::runtime_error naming the file, never its content.
    explicit PrivateKey(const std::filesystem::path& file);

    std::string sign(std::string_view text) const;

  private:
    std::shared_ptr<evp_pkey_st> key_;
};

/// Makes an RSA-2048 pair: `<kid>.pem` (readable by the owner only) and `<kid>.pub.pem` in `directory`, which
/// is created when absent. Throws std::runtime_error when a file cannot be written.
void generate_key_pair(const std::filesystem::path& directory, std::string_view kid);

/// What a key id may look like: 1..64 of A-Z a-z 0-9 _ -, so that it is always also a plain file name.
bool is_key_id(std::string_view kid);

}  // namespace platform::auth
