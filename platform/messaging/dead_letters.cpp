#include "platform/messaging/dead_letters.hpp"

#include "platform/messaging/connection.hpp"
#include "platform/messaging/topology.hpp"

namespace platform::messaging {

namespace {

/// Takes letters out one by one. They are back in the queue when the connection ends, unless acknowledged; so
/// no letter is seen twice within one look.
class Reader {
  public:
    Reader(const BrokerConfig& broker, const std::string& queue)
        : connection(broker, "dead-letters"),
          source(dead_letter_queue(queue)),
          left_(connection.message_count(source)) {}

    std::optional<Incoming> next() {
        if (left_ == 0) return std::nullopt;
        --left_;
        return connection.get(source);
    }

    Connection connection;
    const std::string source;

  private:
    std::uint32_t left_;
};

DeadLetter letter_of(const Content& content) {
    return {content.message_id,
            content.type,
            std::string(content.header("cloudEvents_subject")),
            std::string(content.header("cloudEvents_time")),
            std::string(content.header("x-first-death-reason")),
            content.body};
}

/// Waits for what the broker says about the one message that was published.
void await_confirm(Connection& connection, std::chrono::milliseconds limit) {
    const Bell nobody;
    const auto until = std::chrono::steady_clock::now() + limit;
    bool returned = false;
    for (;;) {
        while (const auto incoming = connection.receive()) {
            if (incoming->kind == Incoming::Kind::returned) returned = true;
            if (incoming->kind == Incoming::Kind::refused) throw BrokerError("broker: the copy was refused");
            if (incoming->kind != Incoming::Kind::confirmed) continue;
            if (returned) throw BrokerError("broker: the queue to return the letter to does not exist");
            return;
        }
        const auto left = until - std::chrono::steady_clock::now();
        if (left <= left.zero()) throw BrokerError("broker: no confirm in time");
        wait_for(nobody, &connection, false, std::chrono::ceil<std::chrono::milliseconds>(left));
    }
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
    Reader reader(broker_, queue);
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
    Reader reader(broker_, queue);
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
    Reader reader(broker_, queue);
    reader.connection.select_confirms();
    std::size_t requeued = 0;
    while (auto letter = reader.next()) {
        Content& content = letter->content;
        if (id && content.message_id != *id) continue;
        // The story of the first death is not the copy's.
        std::erase_if(content.headers, [](const auto& header) { return header.first.starts_with("x-"); });
        reader.connection.publish("", queue, true, content);
        await_confirm(reader.connection, broker_.reply);
        reader.connection.acknowledge(letter->tag, false);
        ++requeued;
    }
    reader.connection.close();
    return requeued;
}

}  // namespace platform::messaging
