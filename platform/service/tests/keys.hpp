#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "platform/auth/signer.hpp"

namespace platform::service {

/// A directory with a fresh pair of token keys.
struct Keys {
    Keys() {
        std::string pattern = (std::filesystem::temp_directory_path() / "service.XXXXXX").string();
        path = mkdtemp(pattern.data());
        auth::generate_key_pair(path, "k1");
    }
    ~Keys() { std::filesystem::remove_all(path); }
    Keys(const Keys&) = delete;
    Keys& operator=(const Keys&) = delete;

    std::filesystem::path path;
};

}  // namespace platform::service
