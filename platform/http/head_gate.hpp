#pragma once

#include <cstddef>
#include <string_view>

#include "platform/http/problem.hpp"

namespace platform::http {

/// Decides whether the head of a request can be read in one way only, before a parser gets to see it. Request
/// smuggling lives on two parties reading one message differently, so nothing is repaired here: line ends
/// other than CRLF, folded lines, spaces before a colon, repeated or combined framing fields, unknown
/// transfer codings, absolute targets and old or future versions are all refused. Pure: bytes in, verdict
/// out.
class HeadGate {
  public:
    struct Limits {
        std::size_t bytes_max;
        std::size_t fields_max;
    };
    enum class Verdict { incomplete, complete, refused };

    explicit HeadGate(Limits limits) : limits_(limits) {}

    /// `received` is everything received since the last request ended; called again when it has grown. What
    /// follows the head is not looked at.
    Verdict judge(std::string_view received);

    /// Length of a complete head with its closing empty line.
    std::size_t length() const { return line_begin_; }
    bool expects_continue() const { return expects_continue_; }

    /// After a refusal: what the client is told, and why, for the log.
    const Problem& problem() const { return *problem_; }
    std::string_view reason() const { return reason_; }

  private:
    Verdict refuse(const Problem& problem, std::string_view reason);
    bool refuse_line(std::string_view reason);
    bool accept_request_line(std::string_view line);
    bool accept_version(std::string_view version);
    bool accept_field(std::string_view line);
    bool accept_framing(std::string_view name, std::string_view value);
    Verdict finish();

    Limits limits_;
    std::size_t line_begin_ = 0;
    std::size_t scanned_ = 0;
    std::size_t fields_ = 0;
    const Problem* problem_ = nullptr;
    std::string_view reason_;
    unsigned hosts_ = 0;
    unsigned seen_once_ = 0;  // One bit for each field that must not be repeated.
    bool request_line_seen_ = false;
    bool http_1_1_ = false;
    bool content_length_ = false;
    bool transfer_encoding_ = false;
    bool expects_continue_ = false;
};

}  // namespace platform::http
