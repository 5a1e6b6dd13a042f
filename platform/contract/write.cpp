#include "platform/contract/write.hpp"

#include <boost/json/parse.hpp>

namespace platform::contract {
namespace {

void append_escaped(std::string& out, char c) {
    constexpr std::string_view hex = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    out += "\\u00";
    out += hex[static_cast<unsigned char>(c) >> 4];
    out += hex[static_cast<unsigned char>(c) & 15];
}

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void append_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t copied = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!needs_escape(text[at])) continue;
        out.append(text, copied, at - copied);
        append_escaped(out, text[at]);
        copied = at + 1;
    }
    out.append(text, copied);
    out += '"';
}

void append_name(std::string& out, std::string_view name, bool& first) {
    if (!first) out += ',';
    first = false;
    out += '"';
    out += name;
    out += "\":";
}

boost::json::value value_of_json(std::string_view text) {
    // Not contract::parse(): what we wrote ourselves may nest deeper than what we accept.
    boost::json::parse_options options;
    options.max_depth = 1024;
    options.allow_invalid_utf8 = true;
    return boost::json::parse(text, {}, options);
}

}  // namespace platform::contract
