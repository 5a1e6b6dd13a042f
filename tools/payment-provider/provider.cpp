#include "tools/payment-provider/provider.hpp"

#include <optional>
#include <stdexcept>

#include "tools/payment-provider/cards.hpp"

namespace shop::provider {
namespace {

Reply error_reply(int status, const Error& error) { return {.status = status, .body = error_json(error)}; }

const Error& internal_error() {
    static const Error error{.type = "api_error", .message = "An unknown error occurred"};
    return error;
}

Reply in_use(const std::string& key) {
    return error_reply(409,
                       {.type = "idempotency_error",
                        .code = "idempotency_key_in_use",
                        .message = "There is currently another in-progress request using this Idempotent Key "
                                   "(that probably means you submitted twice, and the other request is still "
                                   "going through): " +
                                   key + ". Please try again later."});
}

Reply other_parameters(const std::string& key) {
    return error_reply(
        400, {.type = "idempotency_error",
              .message = "Keys for idempotent requests can only be used with the same parameters they "
                         "were first used with. Try using a key other than '" +
                         key + "' if you meant to execute a different request."});
}

Reply rate_limited() {
    return error_reply(429, {.type = "invalid_request_error",
                             .code = "rate_limit",
                             .message = "Request rate limit exceeded. Learn more about rate limits here "
                                        "https://stripe.com/docs/rate-limits."});
}

bool changes_something(CallKind kind) {
    return kind == CallKind::create || kind == CallKind::confirm || kind == CallKind::cancel ||
           kind == CallKind::refund;
}

std::string endpoint(const Call& call) { return std::string(name_of(call.kind)) + " " + call.id; }

Delivery delivery_of(Fault fault) {
    if (fault == Fault::slow) return Delivery::slow;
    return fault == Fault::lost || fault == Fault::dropped ? Delivery::never : Delivery::at_once;
}

}  // namespace

Provider::Provider(const platform::Clock& clock, platform::Ids& ids, ProviderSettings settings)
    : clock_(clock), ids_(ids), settings_(settings) {}

Reply Provider::call(const Call& call) {
    auto settled = settle();
    const auto fault = faults_.draw(call.kind);
    Reply reply;
    if (fault == Fault::rate_limited)
        reply = rate_limited();
    else if (fault == Fault::dropped)
        reply = {.delivery = Delivery::never};
    else if (changes_something(call.kind))
        reply = keyed(call, fault);
    else
        reply = fault == Fault::error || fault == Fault::error_done ? error_reply(500, internal_error())
                                                                    : read(call);
    reply.fault = fault;
    if (const auto delivery = delivery_of(fault); delivery != Delivery::at_once) reply.delivery = delivery;
    if (reply.delivery == Delivery::slow && reply.status != 409) {
        const auto key = keys_.find(call.idempotency_key);
        reply.holds_key = key != keys_.end();
        if (reply.holds_key) key->second.in_progress = true;
    }
    settled.insert(settled.end(), std::make_move_iterator(reply.effects.begin()),
                   std::make_move_iterator(reply.effects.end()));
    reply.effects = std::move(settled);
    return reply;
}

Reply Provider::keyed(const Call& call, Fault fault) {
    if (call.idempotency_key.empty()) return execute(call, 0, fault);
    const auto print = fingerprint(endpoint(call), call.form);
    const auto known = keys_.find(call.idempotency_key);
    if (known == keys_.end() || known->second.since + settings_.key_lifetime < clock_.now())
        return execute(call, print, fault);
    const auto& key = known->second;
    if (key.in_progress) return in_use(call.idempotency_key);
    if (key.fingerprint != print) return other_parameters(call.idempotency_key);
    return {.status = key.answer.status, .body = render(key.answer), .replayed = true};
}

Reply Provider::execute(const Call& call, std::uint64_t fingerprint, Fault fault) {
    auto verdict = decide(call);
    if (!verdict && !verdict.error().begun) return error_reply(verdict.error().status, verdict.error().error);
    Effect effect;
    if (fault == Fault::error || !verdict) {
        // Nothing was done, but the answer is kept: a server error is repeated under the same key, too.
        effect.event = Event::refused;
        if (const auto* target = intent(call.id)) effect.payment_intent = target->id;
    }
    if (fault == Fault::error) {
        effect.status = 500;
    } else if (!verdict) {
        effect.status = verdict.error().status;
        effect.error = std::move(verdict.error().error);
        if (!verdict.error().shows_intent) effect.payment_intent.clear();
    } else {
        effect = std::move(*verdict);
        if (fault == Fault::error_done) effect.status = 500;
    }
    effect.idempotency_key = call.idempotency_key;
    effect.fingerprint = fingerprint;
    // A refusal that no key will ask for again leaves no trace.
    if (effect.event == Event::refused && effect.idempotency_key.empty()) {
        const auto answer = answer_of(effect);
        return {.status = answer.status, .body = render(answer)};
    }
    effect = stamped(std::move(effect));
    const auto answer = apply(effect);
    Reply reply{.status = answer.status, .body = render(answer)};
    if (const auto* card = find_card(effect.payment_method); card && effect.event == Event::charged) {
        if (card->behaviour == Behaviour::answer_slow) reply.delivery = Delivery::slow;
        if (card->behaviour == Behaviour::answer_lost) reply.delivery = Delivery::never;
    }
    reply.effects.push_back(std::move(effect));
    return reply;
}

Verdict Provider::decide(const Call& call) {
    switch (call.kind) {
        case CallKind::create: return create(call.form, new_suffix());
        case CallKind::confirm: return confirm(intent(call.id), call.id, call.form);
        case CallKind::cancel: return cancel(intent(call.id), call.id, call.form);
        default: break;
    }
    const std::string named(call.form.find("payment_intent").value_or(""));
    return refund(intent(named), named, call.form, new_suffix());
}

Reply Provider::read(const Call& call) const {
    const auto refuse = [](const Rejection& rejection) {
        return error_reply(rejection.status, rejection.error);
    };
    if (call.kind == CallKind::retrieve_refund) {
        const auto found = refunds_.find(call.id);
        if (found == refunds_.end()) return refuse(no_such("refund", call.id, "refund"));
        return {.body = refund_json(found->second)};
    }
    const bool listing = call.kind == CallKind::list_refunds;
    const std::string named = listing ? std::string(call.form.find("payment_intent").value_or("")) : call.id;
    const auto* found = intent(named);
    if (!found) return refuse(no_such("payment_intent", named, listing ? "payment_intent" : "intent"));
    if (!listing) {
        bool expand = false;
        for (const auto& [name, value] : call.form.fields)
            expand = expand || (name.starts_with("expand[") && value == "latest_charge");
        return {.body = payment_intent_json(*found, found->phase, expand)};
    }
    std::vector<const Refund*> refunds;  // Newest first, as Stripe lists them.
    for (auto id = found->refunds.rbegin(); id != found->refunds.rend(); ++id)
        refunds.push_back(&refunds_.at(*id));
    return {.body = refund_list_json(refunds)};
}

std::vector<Effect> Provider::settle() {
    std::vector<Effect> effects;
    while (!processing_.empty() && processing_.front().first <= clock_.now()) {
        const auto* due = intent(processing_.front().second);
        processing_.pop_front();
        if (due->phase.status != Status::processing) continue;  // Cancelled meanwhile.
        auto effect = stamped({.event = Event::charged,
                               .payment_intent = due->id,
                               .charge = charge_of(*due, due->phase),
                               .order_id = order_of(due->metadata),
                               .amount = due->amount,
                               .currency = due->currency,
                               .payment_method = std::string(due->phase.payment_method->token)});
        apply(effect);
        effects.push_back(std::move(effect));
    }
    return effects;
}

void Provider::replay(const Effect& effect) {
    if (effect.sequence != last_sequence_ + 1)
        throw std::runtime_error("sequence " + std::to_string(effect.sequence) + " does not follow " +
                                 std::to_string(last_sequence_));
    const bool creates = effect.event == Event::created;
    if (creates == (intent(effect.payment_intent) != nullptr) && effect.event != Event::refused)
        throw std::runtime_error("payment intent \"" + effect.payment_intent +
                                 (creates ? "\" is created twice" : "\" was never created"));
    last_sequence_ = effect.sequence;
    apply(effect);
}

void Provider::answered(const std::string& idempotency_key) {
    if (const auto key = keys_.find(idempotency_key); key != keys_.end()) key->second.in_progress = false;
}

Provider::Answer Provider::apply(const Effect& effect) {
    if (effect.event == Event::created)
        intents_.emplace(effect.payment_intent, Intent{.id = effect.payment_intent,
                                                       .amount = effect.amount,
                                                       .currency = effect.currency,
                                                       .metadata = effect.metadata,
                                                       .created = effect.time});
    if (const auto found = intents_.find(effect.payment_intent); found != intents_.end())
        move(found->second, effect);
    auto answer = answer_of(effect);
    if (!effect.idempotency_key.empty())
        keys_.insert_or_assign(effect.idempotency_key, Key{effect.fingerprint, effect.time, false, answer});
    return answer;
}

void Provider::move(Intent& target, const Effect& effect) {
    auto& phase = target.phase;
    switch (effect.event) {
        case Event::created:
            phase.payment_method = find_card(effect.payment_method);
            phase.status =
                phase.payment_method ? Status::requires_confirmation : Status::requires_payment_method;
            break;
        case Event::processing:
        case Event::charged:
            if (phase.status != Status::processing) ++phase.charges;
            phase.payment_method = find_card(effect.payment_method);
            phase.last_error.reset();
            phase.status = effect.event == Event::charged ? Status::succeeded : Status::processing;
            if (effect.event == Event::processing)
                processing_.emplace_back(effect.time + settings_.processing, target.id);
            break;
        case Event::declined:
            ++phase.charges;
            phase.payment_method = nullptr;
            phase.last_error = std::make_shared<const Error>(effect.error.value_or(Error{}));
            phase.status = Status::requires_payment_method;
            break;
        case Event::requires_action:
            phase.payment_method = find_card(effect.payment_method);
            phase.last_error.reset();
            phase.status = Status::requires_action;
            break;
        case Event::canceled:
            phase.status = Status::canceled;
            phase.cancellation = std::make_shared<const Cancellation>(effect.time, effect.reason);
            break;
        case Event::refunded:
            phase.refunded += effect.amount;
            target.refunds.push_back(effect.refund);
            refunds_.emplace(effect.refund, Refund{.id = effect.refund,
                                                   .payment_intent = target.id,
                                                   .charge = effect.charge,
                                                   .amount = effect.amount,
                                                   .currency = effect.currency,
                                                   .reason = effect.reason,
                                                   .metadata = effect.metadata,
                                                   .created = effect.time});
            break;
        case Event::refused: break;
    }
}

Provider::Answer Provider::answer_of(const Effect& effect) const {
    Answer answer{.status = effect.status};
    if (effect.status >= 500) {
        static const auto shared = std::make_shared<const Error>(internal_error());
        answer.error = shared;
        return answer;
    }
    if (const auto* target = intent(effect.payment_intent)) {
        answer.intent = target;
        answer.phase = target->phase;
        if (effect.event == Event::declined) answer.error = target->phase.last_error;
    }
    if (effect.event == Event::refunded) answer.refund = &refunds_.at(effect.refund);
    if (effect.event == Event::refused && effect.error)
        answer.error = std::make_shared<const Error>(*effect.error);
    return answer;
}

std::string Provider::render(const Answer& answer) {
    if (answer.error) return error_json(*answer.error, answer.intent, &answer.phase);
    if (answer.refund) return refund_json(*answer.refund);
    return payment_intent_json(*answer.intent, answer.phase);
}

Effect Provider::stamped(Effect effect) {
    effect.sequence = ++last_sequence_;
    effect.time = clock_.now();
    return effect;
}

std::string Provider::new_suffix() {
    std::string text = ids_.next().text();
    std::erase(text, '-');
    return text;
}

const Intent* Provider::intent(const std::string& id) const {
    const auto found = intents_.find(id);
    return found == intents_.end() ? nullptr : &found->second;
}

}  // namespace shop::provider
