#include "platform/contract/violation.hpp"

namespace platform::contract {
namespace {

bool may_stand_in_fragment(char c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    return std::string_view("-._!$&'()*+,;=:@?").find(c) != std::string_view::npos;
}

// A member's name comes from outside and may hold anything; in a fragment it must not end the pointer or
// smuggle control characters into a log.
void append_token(std::string& out, std::string_view name) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    for (const char c : name) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else if (may_stand_in_fragment(c)) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
}

}  // namespace

std::string Where::pointer() const {
    if (parent_ == nullptr) return "#";
    std::string out = parent_->pointer();
    out += '/';
    if (is_index_) {
        out += std::to_string(index_);
    } else {
        append_token(out, member_);
    }
    return out;
}

void Reading::refuse(const Where& where, std::string detail) {
    ++refusals_;
    if (refusals_ <= violations_max) {
        violations_.push_back({where.pointer(), std::move(detail)});
    } else if (refusals_ == violations_max + 1) {
        violations_.push_back({"#", "has further violations that are not listed"});
    }
}

std::string summary(const Violations& violations) {
    std::string out;
    for (const Violation& violation : violations) {
        if (!out.empty()) out += "; ";
        out += violation.pointer + ' ' + violation.detail;
    }
    return out;
}

}  // namespace platform::contract
