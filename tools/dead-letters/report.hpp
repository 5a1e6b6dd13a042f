#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/messaging/dead_letters.hpp"

namespace shop::dead_letters {

using platform::messaging::DeadLetter;

/// What a terminal may be shown: control characters, with which a sender could write over the screen, become
/// question marks.
std::string printable(std::string_view text);

/// One line: id, type, subject, time and reason, with a dash for what is missing.
std::string line_of(const DeadLetter& letter);

/// Everything, with the data last.
std::string page_of(const DeadLetter& letter);

}  // namespace shop::dead_letters
