#include "services/payment-service/app/domain/payment.hpp"

#include <algorithm>

#include "platform/base/ensure.hpp"

namespace shop::payment {
namespace {

void finish(Payment& payment, PaymentStatus status) {
    payment.status = status;
    payment.next_attempt.reset();
    payment.lease.reset();
    payment.leased_until.reset();
}

/// The next call follows at once, by the worker that holds the lease or by whoever takes it.
void go_on(Payment& payment, Stage stage, Time now) {
    if (payment.stage != stage) payment.attempts = 0;
    payment.stage = stage;
    payment.next_attempt = now;
}

/// The next call follows later, by whoever takes it then.
void go_on_later(Payment& payment, Stage stage, const RetryPolicy& policy, Time now) {
    const auto attempts = payment.attempts + 1;
    go_on(payment, stage, now);
    payment.attempts = attempts;
    payment.next_attempt = now + std::min(policy.first * (1 << std::min(attempts - 1, 16)), policy.longest);
    payment.lease.reset();
    payment.leased_until.reset();
}

PaymentRefunded undo_answer(const Payment& payment) {
    switch (payment.status) {
        case PaymentStatus::refunded: return {payment.order_id, RefundOutcome::refunded, payment.amount};
        case PaymentStatus::manual: return {payment.order_id, RefundOutcome::manual, {}};
        default: return {payment.order_id, RefundOutcome::nothing, {}};
    }
}

/// Money of ours at the provider against sales; a refund is the same with the signs turned.
std::vector<LedgerEntry> entries(const Payment& payment, Uuid transaction, std::int64_t amount) {
    const auto& currency = payment.amount.currency.value;
    return {{transaction, payment.order_id, "provider_balance", amount, currency},
            {transaction, payment.order_id, "sales", -amount, currency}};
}

Decision charged(Payment& payment, Uuid transaction, Time now) {
    Decision decision{true, entries(payment, transaction, payment.amount.amount), {}};
    payment.decline_code.clear();  // It was to be cancelled, and was charged before that.
    if (payment.void_requested) {
        payment.status = PaymentStatus::refunding;
        go_on(payment, Stage::refund, now);
        return decision;
    }
    finish(payment, PaymentStatus::charged);
    decision.events.push_back(PaymentProcessed{payment.order_id, payment.provider_id, payment.amount});
    return decision;
}

/// Nothing was charged and never will be. Whoever asked for an undo waits for its answer, the others for a
/// refusal.
Decision not_charged(Payment& payment, std::string code) {
    Decision decision{.changed = true};
    payment.decline_code = std::move(code);
    if (payment.void_requested) {
        finish(payment, PaymentStatus::voided);
        decision.events.push_back(undo_answer(payment));
    } else {
        finish(payment, PaymentStatus::declined);
        decision.events.push_back(PaymentFailed{payment.order_id, payment.decline_code});
    }
    return decision;
}

Decision refunded(Payment& payment, std::string refund_id, Uuid transaction) {
    payment.refund_id = std::move(refund_id);
    finish(payment, PaymentStatus::refunded);
    return {true, entries(payment, transaction, -payment.amount.amount), {undo_answer(payment)}};
}

Decision manual(Payment& payment, std::string code) {
    payment.decline_code = std::move(code);
    finish(payment, PaymentStatus::manual);
    return {true, {}, {undo_answer(payment)}};
}

Decision request_charge(Payment& payment, const StockReserved& reserved, Time now) {
    if (payment.status != PaymentStatus::fresh) return {};
    payment.status = PaymentStatus::charging;
    payment.amount = reserved.total;
    payment.method = reserved.payment.method;
    go_on(payment, Stage::create, now);
    return {.changed = true};
}

Decision request_undo(Payment& payment, Time now) {
    switch (payment.status) {
        case PaymentStatus::fresh:
            payment.void_requested = true;
            finish(payment, PaymentStatus::voided);
            return {true, {}, {undo_answer(payment)}};
        case PaymentStatus::charging:
        case PaymentStatus::unknown:
            if (payment.void_requested) return {};
            payment.void_requested = true;
            payment.next_attempt = now;  // A worker that is at it keeps its lease and will see the request.
            return {.changed = true};
        case PaymentStatus::charged:
            payment.void_requested = true;
            payment.status = PaymentStatus::refunding;
            go_on(payment, Stage::refund, now);
            return {.changed = true};
        case PaymentStatus::refunding: return {};
        case PaymentStatus::declined:
        case PaymentStatus::refunded:
        case PaymentStatus::voided:
        case PaymentStatus::manual: return {false, {}, {undo_answer(payment)}};
    }
    platform::broken("every payment status answers an undo", std::source_location::current());
}

Decision unanswered(Payment& payment, const RetryPolicy& policy, Time now) {
    switch (payment.stage) {
        case Stage::confirm:
            ++payment.confirm_rounds;
            payment.status = PaymentStatus::unknown;
            go_on_later(payment, Stage::read, policy, now);
            break;
        case Stage::cancel: go_on_later(payment, Stage::read, policy, now); break;
        case Stage::refund:
            if (payment.attempts + 1 >= policy.same_key_attempts) {
                go_on_later(payment, Stage::read, policy, now);
            } else {
                go_on_later(payment, Stage::refund, policy, now);
            }
            break;
        case Stage::create:
        case Stage::read: go_on_later(payment, payment.stage, policy, now); break;
    }
    return {.changed = true};
}

/// A look found a charge that is neither made nor refused. The same confirmation is sent again, which is safe
/// under its key and counted in confirm_rounds when it stays unanswered, until that has been tried often
/// enough, an undo came, or the provider has said why it cannot charge.
Decision found_open(Payment& payment, const RetryPolicy& policy, Time now) {
    if (payment.void_requested || !payment.decline_code.empty() ||
        payment.confirm_rounds >= policy.same_key_attempts) {
        // Reading and cancelling take turns: were each to count anew, a cancellation that the provider never
        // answers would be asked for without a pause.
        const auto attempts = payment.attempts;
        go_on(payment, Stage::cancel, now);
        payment.attempts = attempts;
    } else {
        go_on(payment, Stage::confirm, now);
    }
    return {.changed = true};
}

/// Neither made nor refused: what that means depends on what was asked.
Decision still_open(Payment& payment, const NotCharged& said, const RetryPolicy& policy, Time now) {
    switch (payment.stage) {
        case Stage::confirm:
            // Definitive: it cannot charge without the customer, who is not there, and under the same key it
            // would only say so again.
            payment.decline_code = said.code.empty() ? "not_chargeable" : said.code;
            go_on(payment, Stage::cancel, now);
            return {.changed = true};
        case Stage::read: return found_open(payment, policy, now);
        case Stage::create:
        case Stage::cancel:
        case Stage::refund: break;  // No answer to that question: asking again at once would be a loop.
    }
    return unanswered(payment, policy, now);
}

Decision answer_while_refunding(Payment& payment, const Answer& said, const RetryPolicy& policy,
                                Uuid transaction, Time now) {
    if (const auto* done = std::get_if<Refunded>(&said))
        return refunded(payment, done->refund_id, transaction);
    if (const auto* refused = std::get_if<RefundRefused>(&said)) return manual(payment, refused->code);
    if (payment.stage == Stage::read && std::holds_alternative<Charged>(said)) {
        // The provider shows no refund although it was asked for one repeatedly: the old key only repeats its
        // failure. A new key cannot refund twice, because the provider never returns more than was charged.
        ++payment.refund_round;
        go_on(payment, Stage::refund, now);
        return {.changed = true};
    }
    return unanswered(payment, policy, now);
}

}  // namespace

Decision apply(Payment& payment, const PaymentMessage& message, Time now) {
    if (const auto* reserved = std::get_if<StockReserved>(&message))
        return request_charge(payment, *reserved, now);
    return request_undo(payment, now);
}

std::optional<Call> next_call(const Payment& payment) {
    const auto order = payment.order_id.text();
    switch (payment.stage) {
        case Stage::create:
            // A payment that the provider has only created moved no money: there is nothing to undo over
            // there.
            if (payment.void_requested) return std::nullopt;
            return Create{order, payment.amount, payment.method, payment.order_id};
        case Stage::confirm:
            if (payment.void_requested) return Cancel{payment.provider_id};
            return Confirm{order + ":confirm", payment.provider_id};
        case Stage::read: return Read{payment.provider_id};
        case Stage::cancel: return Cancel{payment.provider_id};
        case Stage::refund:
            return Refund{"refund:" + order + ":" + std::to_string(payment.refund_round), payment.provider_id,
                          payment.amount, payment.order_id};
    }
    platform::broken("every stage has a call", std::source_location::current());
}

Decision settle(Payment& payment) {
    platform::ensure(payment.stage == Stage::create && payment.void_requested,
                     "only an undone creation needs no call");
    return not_charged(payment, {});
}

Decision answer(Payment& payment, const Answer& said, const RetryPolicy& policy, Uuid transaction, Time now) {
    if (payment.status == PaymentStatus::refunding)
        return answer_while_refunding(payment, said, policy, transaction, now);
    if (const auto* created = std::get_if<Created>(&said)) {
        payment.provider_id = created->provider_id;
        if (payment.void_requested) return not_charged(payment, {});
        go_on(payment, Stage::confirm, now);
        return {.changed = true};
    }
    if (std::holds_alternative<Charged>(said)) return charged(payment, transaction, now);
    if (const auto* declined = std::get_if<Declined>(&said)) return not_charged(payment, declined->code);
    if (std::holds_alternative<Cancelled>(said))
        return not_charged(payment,
                           payment.decline_code.empty() ? "provider_gave_no_answer" : payment.decline_code);
    // Somebody charged and refunded it over there before we heard of the charge: the money is not ours.
    if (std::holds_alternative<Refunded>(said)) return not_charged(payment, "refunded_at_the_provider");
    if (const auto* open = std::get_if<NotCharged>(&said)) return still_open(payment, *open, policy, now);
    return unanswered(payment, policy, now);
}

}  // namespace shop::payment
