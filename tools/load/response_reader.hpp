#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shop::load {

/// What a load client needs of an answer.
struct Answer {
    int status = 0;
    std::optional<std::chrono::seconds> retry_after;
    std::string location;
    bool keep_alive = true;
};

/// Takes HTTP/1.1 answers with a Content-Length out of a stream, at the least cost: bodies are counted, not
/// kept. An answer in chunks is refused, because nobody in the shop sends one.
class ResponseReader {
  public:
    enum class State { more, complete, broken };

    /// Where the next bytes go.
    std::span<char> room();

    /// So many bytes went there. `complete`: answer() holds, and begin() comes before anything else.
    State took(std::size_t bytes);

    const Answer& answer() const { return answer_; }

    /// Forgets the former answer; its connection may be another one now.
    void begin();

  private:
    bool read_head(std::string_view head);
    bool read_field(std::string_view name, std::string_view value);

    std::vector<char> buffer_ = std::vector<char>(16 * 1024);
    std::size_t filled_ = 0;
    std::optional<std::size_t> body_left_;  // None: the head is not complete.
    Answer answer_;
    std::size_t content_length_ = 0;
};

}  // namespace shop::load
