#pragma once

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace platform::contract {

inline constexpr std::size_t json_depth_max = 32;

/// One JSON document (RFC 8259), stricter than the standard where readers differ: a repeated member, a number
/// that no double holds, bytes that are not UTF-8, and arrays and objects nested deeper than json_depth_max
/// are refused. The error says what is wrong and at which byte, counted from 0. The value lives in `storage`.
std::expected<boost::json::value, std::string> parse(std::string_view text,
                                                     boost::json::storage_ptr storage = {});

/// Memory for values that live no longer than one function: the first 4 KiB on its stack, the rest in few
/// large blocks, everything freed at once. A value parsed into it must not outlive it.
class ScratchStorage {
  public:
    ScratchStorage() : resource_(buffer_.data(), buffer_.size()) {}

    boost::json::storage_ptr storage() const { return &resource_; }

  private:
    std::array<unsigned char, 4096> buffer_;
    mutable boost::json::monotonic_resource resource_;
};

}  // namespace platform::contract
