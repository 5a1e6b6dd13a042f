#include "platform/messaging/consumer_probe.hpp"

namespace platform::messaging {

ConsumerProbe::ConsumerProbe(telemetry::Metrics& metrics, std::string queue)
    : connected(metrics.gauge("consumer_connected", "1 while the queue is consumed.", {{"queue", queue}})),
      redelivered(metrics.counter("messages_redelivered_total",
                                  "Messages that the broker had handed out before.", {{"queue", queue}})),
      retries(metrics.counter("message_retries_total", "Repetitions after something was unavailable.",
                              {{"queue", queue}})),
      splits(metrics.counter("message_batches_split_total",
                             "Batches handled one by one because they failed together.", {{"queue", queue}})),
      overdue(metrics.counter("message_batches_overdue_total", "Handler calls cancelled at their deadline.",
                              {{"queue", queue}})),
      batch_size(metrics.histogram("message_batch_size", "Messages handed to a handler together.",
                                   {{"queue", queue}}, {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000})),
      handle_seconds(metrics.histogram("message_handle_seconds", "One handler call.", {{"queue", queue}})),
      metrics_(metrics),
      queue_(std::move(queue)) {}

void ConsumerProbe::handled(const std::string& type) {
    telemetry::Counter*& counter = handled_[type];
    if (!counter)
        counter = &metrics_.counter("messages_handled_total", "Messages handled and acknowledged.",
                                    {{"queue", queue_}, {"type", type}});
    counter->add();
}

void ConsumerProbe::rejected(std::string_view reason) {
    metrics_
        .counter("messages_rejected_total", "Messages sent to the dead-letter queue.",
                 {{"queue", queue_}, {"reason", std::string(reason)}})
        .add();
}

}  // namespace platform::messaging
