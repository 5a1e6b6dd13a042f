#include "tools/dead-letters/report.hpp"

namespace shop::dead_letters {

namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : printable(text); }

}  // namespace

std::string printable(std::string_view text) {
    std::string safe(text);
    for (std::size_t i = 0; i < safe.size(); ++i) {
        const auto byte = static_cast<unsigned char>(safe[i]);
        // 0xC2 0x80..0x9F are the control characters beyond ASCII, in UTF-8.
        const bool second_set =
            byte == 0xC2 && i + 1 < safe.size() && static_cast<unsigned char>(safe[i + 1]) < 0xA0;
        if (second_set) safe[i + 1] = '?';
        if (byte < 0x20 || byte == 0x7F || second_set) safe[i] = '?';
    }
    return safe;
}

std::string line_of(const DeadLetter& letter) {
    return or_dash(letter.id) + "  " + or_dash(letter.type) + "  " + or_dash(letter.subject) + "  " +
           or_dash(letter.time) + "  " + or_dash(letter.reason) + "\n";
}

std::string page_of(const DeadLetter& letter) {
    return "id:      " + or_dash(letter.id) + "\ntype:    " + or_dash(letter.type) +
           "\nsubject: " + or_dash(letter.subject) + "\ntime:    " + or_dash(letter.time) +
           "\nreason:  " + or_dash(letter.reason) + "\n\n" + printable(letter.data) + "\n";
}

}  // namespace shop::dead_letters
