#include "platform/messaging/dead_letters.hpp"

#include <algorithm>
#include <deque>

#include "platform/messaging/connection.hpp"
#include "platform/messaging/topology.hpp"

namespace platform::messaging {

namespace {

/// Letters held while looking for one of them, and while moving all of them.
constexpr std::size_t search = 65535;
constexpr std::size_t at_once = 200;

/// Takes letters out one by one. They are back in the queue when the connection ends, unless acknowledged; so
/// no letter is seen twice within one look.
class Reader {
  public:
    /// At most `unanswered` letters are held without being acknowledged.
    Reader(const BrokerConfig& broker, const std::string& queue, std::size_t unanswered)
        : connection(broker, "dead-letters"),
          left_(connection.message_count(dead_letter_queue(queue))),
          patience_(broker.reply) {
        connection.consume(dead_letter_queue(queue),
                           static_cast<std::uint16_t>(std::clamp<std::size_t>(unanswered, 1, 65535)));
    }

    /// Nothing once those that were there at the start have been seen, or somebody else has taken the rest.
    std::optional<Incoming> next() {
        if (left_ == 0) return std::nullopt;
        const auto until = std::chrono::steady_clock::now() + patience_;
        for (;;) {
            auto incoming = take();
            if (incoming && incoming->kind == Incoming::Kind::delivery) {
                --left_;
                return incoming;
            }
            if (!incoming && !wait(until)) return std::nullopt;
        }
    }

    /// Puts the letter into another queue and, once the broker has it there, takes it out of this one.
    void move_to(const std::string& queue, const Incoming& letter) {
        connection.publish("", queue, true, letter.content);
        await_confirm();
        connection.acknowledge(letter.tag, false);
    }

    Connection connection;

  private:
    std::optional<Incoming> take() {
        if (early_.empty()) return connection.receive();
        std::optional<Incoming> letter = std::move(early_.front());
        early_.pop_front();
        return letter;
    }

    bool wait(std::chrono::steady_clock::time_point until) {
        const auto left = until - std::chrono::steady_clock::now();
        if (left <= left.zero()) return false;
        wait_for(nobody_, &connection, false, std::chrono::ceil<std::chrono::milliseconds>(left));
        return true;
    }

    void await_confirm() {
        const auto until = std::chrono::steady_clock::now() + patience_;
        for (bool returned = false;;) {
            const auto incoming = connection.receive();
            if (!incoming) {
                if (!wait(until)) throw BrokerError("broker: no confirm in time");
            } else if (incoming->kind == Incoming::Kind::returned) {
                returned = true;
            } else if (incoming->kind == Incoming::Kind::refused) {
                throw BrokerError("broker: the copy was refused");
            } else if (incoming->kind == Incoming::Kind::confirmed) {
                if (returned) throw BrokerError("broker: the queue to return the letter to does not exist");
                return;
            } else {
                early_.push_back(std::move(*incoming));
            }
        }
    }

    std::uint32_t left_;
    const std::chrono::milliseconds patience_;
    const Bell nobody_;
    std::deque<Incoming> early_;  // Letters that came while a confirm was awaited.
};

DeadLetter letter_of(const Content& content) {
    return {content.message_id,
            content.type,
            std::string(content.header("cloudEvents_subject")),
            std::string(content.header("cloudEvents_time")),
            std::string(content.header("x-first-death-reason")),
            content.body};
}

}  // namespace

DeadLetters::DeadLetters(BrokerConfig broker) : broker_(std::move(broker)) {}

std::uint32_t DeadLetters::count(const std::string& queue) {
    Connection connection(broker_, "dead-letters");
    const std::uint32_t count = connection.message_count(dead_letter_queue(queue));
    connection.close();
    return count;
}

std::vector<DeadLetter> DeadLetters::list(const std::string& queue, std::size_t limit) {
    Reader reader(broker_, queue, limit);
    std::vector<DeadLetter> letters;
    while (letters.size() < limit) {
        const auto letter = reader.next();
        if (!letter) break;
        letters.push_back(letter_of(letter->content));
    }
    reader.connection.close();
    return letters;
}

std::optional<DeadLetter> DeadLetters::find(const std::string& queue, const std::string& id) {
    Reader reader(broker_, queue, search);
    std::optional<DeadLetter> found;
    while (const auto letter = reader.next()) {
        if (letter->content.message_id != id) continue;
        found = letter_of(letter->content);
        break;
    }
    reader.connection.close();
    return found;
}

std::size_t DeadLetters::requeue(const std::string& queue, const std::optional<std::string>& id) {
    Reader reader(broker_, queue, id ? search : at_once);
    reader.connection.select_confirms();
    std::size_t requeued = 0;
    while (auto letter = reader.next()) {
        Content& content = letter->content;
        if (id && content.message_id != *id) continue;
        // The story of the first death is not the copy's.
        std::erase_if(content.headers, [](const auto& header) { return header.first.starts_with("x-"); });
        reader.move_to(queue, *letter);
        ++requeued;
    }
    reader.connection.close();
    return requeued;
}

}  // namespace platform::messaging
