#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace shop::provider::testing {

/// A directory of its own that goes away with the test.
struct Directory {
    Directory() {
        std::string name = std::filesystem::temp_directory_path() / "payment-provider-XXXXXX";
        path = ::mkdtemp(name.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    std::string log() const { return path / "log.jsonl"; }

    std::filesystem::path path;
};

}  // namespace shop::provider::testing
