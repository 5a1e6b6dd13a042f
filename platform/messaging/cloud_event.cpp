#include "platform/messaging/cloud_event.hpp"

namespace platform::messaging {

Content content_of(Envelope envelope) {
    Content content;
    content.message_id = envelope.id.text();
    content.content_type = "application/json";
    content.timestamp = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(envelope.time.time_since_epoch()).count());
    content.headers.reserve(5);
    content.headers.emplace_back("cloudEvents_specversion", "1.0");
    content.headers.emplace_back("cloudEvents_source", std::move(envelope.source));
    content.headers.emplace_back("cloudEvents_subject", std::move(envelope.subject));
    content.headers.emplace_back("cloudEvents_time", rfc3339(envelope.time));
    if (!envelope.traceparent.empty())
        content.headers.emplace_back("cloudEvents_traceparent", std::move(envelope.traceparent));
    content.type = std::move(envelope.type);
    content.body = std::move(envelope.data);
    return content;
}

std::expected<Envelope, std::string> envelope_of(Content content) {
    const auto id = Uuid::parse(content.message_id);
    if (!id) return std::unexpected("the message id is no UUID");
    Envelope envelope;
    envelope.id = *id;
    envelope.type = std::move(content.type);
    envelope.source = content.header("cloudEvents_source");
    envelope.subject = content.header("cloudEvents_subject");
    envelope.traceparent = content.header("cloudEvents_traceparent");
    if (const std::string_view time = content.header("cloudEvents_time"); !time.empty()) {
        const auto parsed = parse_rfc3339(time);
        if (!parsed) return std::unexpected("the time is not RFC 3339");
        envelope.time = *parsed;
    }
    envelope.data = std::move(content.body);
    return envelope;
}

std::string_view Content::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return value;
    return {};
}

}  // namespace platform::messaging
