#pragma once

#include <string>
#include <string_view>

#include "platform/http/message.hpp"

namespace platform::http {

/// What a response needs to know about the connection and the request it answers.
struct Framing {
    bool keep_alive = true;
    bool http_1_0 = false;
    bool head = false;  // The request was HEAD: the length of the body, but not the body.
    std::string_view request_id;
};

/// Appends the response as bytes. Written by hand because a general serializer costs more than everything
/// else a small response needs. Control characters in header values become spaces, so that no value can add a
/// field.
void append_response(std::string& out, const Response& response, const Framing& framing);

}  // namespace platform::http
