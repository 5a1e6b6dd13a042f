#pragma once

#include <atomic>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "platform/auth/base64url.hpp"
#include "platform/auth/rsa.hpp"
#include "platform/auth/signer.hpp"
#include "platform/auth/verifier.hpp"

namespace platform::auth {

class SetClock final : public Clock {
  public:
    Time now() const override { return time; }
    Time time = Time{std::chrono::seconds{1'800'000'000}};
};

/// A directory that goes away with its owner.
class Directory {
  public:
    Directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "auth.XXXXXX").string();
        path = mkdtemp(pattern.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    std::filesystem::path path;
};

/// Two key pairs, made once: generating an RSA key takes a tenth of a second. k1 is ours, k2 another party's.
inline const std::filesystem::path& key_pairs() {
    static const Directory directory;
    static const bool made = [] {
        generate_key_pair(directory.path, "k1");
        generate_key_pair(directory.path, "k2");
        return true;
    }();
    (void)made;
    return directory.path;
}

inline void publish(const char* kid, const std::filesystem::path& directory) {
    const std::string name = std::string{kid} + ".pub.pem";
    std::filesystem::copy_file(key_pairs() / name, directory / name,
                               std::filesystem::copy_options::overwrite_existing);
}

inline std::string content_of(const std::filesystem::path& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::string forge(std::string_view header, std::string_view payload, const char* kid = "k1") {
    const std::string text = base64url(header) + "." + base64url(payload);
    return text + "." + base64url(PrivateKey{key_pairs() / (std::string{kid} + ".pem")}.sign(text));
}

}  // namespace platform::auth
