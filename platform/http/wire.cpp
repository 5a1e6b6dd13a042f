#include "platform/http/wire.hpp"

#include <array>
#include <charconv>
#include <ctime>

namespace platform::http {
namespace {

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        default: return "Status";  // The phrase means nothing to anybody; it only must be there.
    }
}

void append_number(std::string& out, std::size_t number) {
    std::array<char, 20> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    for (const char c : value) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    out += "\r\n";
}

/// The Date field. A second is a long time: the text is made once in each.
std::string_view date_field() {
    thread_local std::time_t made = -1;
    thread_local std::array<char, 64> text;
    thread_local std::size_t length = 0;
    const auto now = std::time(nullptr);
    if (now != made) {
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        length = std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
        made = now;
    }
    return {text.data(), length};
}

}  // namespace

void append_response(std::string& out, const Response& response, const Framing& framing) {
    const bool bodiless = response.status == 204 || response.status == 304;
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(response.status));
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\n";
    out += date_field();
    if (!bodiless) {
        if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
        out += "Content-Length: ";
        append_number(out, response.body.size());
        out += "\r\n";
    }
    out += "X-Content-Type-Options: nosniff\r\n";
    if (!framing.request_id.empty()) append_field(out, "X-Request-ID", framing.request_id);
    for (const auto& [name, value] : response.headers) append_field(out, name, value);
    if (!framing.keep_alive)
        out += "Connection: close\r\n";
    else if (framing.http_1_0)
        out += "Connection: keep-alive\r\n";
    out += "\r\n";
    if (!bodiless && !framing.head) out += response.body;
}

}  // namespace platform::http
