#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "platform/contract/parse.hpp"
#include "platform/contract/query.hpp"
#include "platform/contract/read.hpp"
#include "platform/contract/schema.hpp"
#include "platform/contract/write.hpp"
#include "platform/http/refused.hpp"
#include "platform/http/router.hpp"
#include "platform/http/signature.hpp"

/// How api.hpp turns a request into the arguments of a handler and its result into a response. Only what
/// needs the types is a template; Reader does the rest.
namespace platform::http::binding {

/// Takes a request apart, argument by argument, and keeps the first reason to refuse it.
class Reader {
  public:
    explicit Reader(Call& call) : call_(call) {}

    bool refused() const { return refusal_.has_value(); }
    Response take_refusal() { return std::move(*refusal_); }

    std::string_view next_path_parameter();
    contract::Parameters query();

    /// The parsed JSON body, in `storage`; nothing if it was refused, or if it is empty and not required.
    std::optional<boost::json::value> body(bool required, boost::json::storage_ptr storage);
    bool wants_canonical_body() const { return !call_.caller.idempotency_key.empty(); }
    void set_canonical_body(std::string canonical) { canonical_body_ = std::move(canonical); }

    void refuse(const Problem& problem, const contract::Violations& violations = {});

    /// Completes the Caller with the hash of what was read; arguments that carry it come after this.
    const Caller& caller();

  private:
    Call& call_;
    std::optional<Response> refusal_;
    std::size_t path_parameters_read_ = 0;
    std::string canonical_body_;
};

template <class T>
struct Unwrapped {
    static constexpr bool is_path = false;
    static constexpr bool is_query = false;
};
template <class T>
struct Unwrapped<Path<T>> {
    using Type = T;
    static constexpr bool is_path = true;
    static constexpr bool is_query = false;
};
template <class T>
struct Unwrapped<Query<T>> {
    using Type = T;
    static constexpr bool is_path = false;
    static constexpr bool is_query = true;
};

template <class Ports, class T>
inline constexpr bool is_body = !std::is_same_v<T, Ports> && !std::is_same_v<T, Caller> &&
                                !Unwrapped<T>::is_path && !Unwrapped<T>::is_query;
template <class Ports, class... Args>
inline constexpr std::size_t bodies = (std::size_t{0} + ... + (is_body<Ports, Args> ? 1 : 0));

template <class T>
struct WithoutOptional {
    using Type = T;
};
template <class T>
struct WithoutOptional<std::optional<T>> {
    using Type = T;
};

template <class T>
void read_body(Reader& reader, std::optional<T>& argument) {
    using Body = typename WithoutOptional<T>::Type;
    static_assert(contract::Described<Body>,
                  "an argument is Ports, Caller, Path, Query or a described struct");
    constexpr bool required = std::is_same_v<Body, T>;
    const contract::ScratchStorage scratch;
    const auto json = reader.body(required, scratch.storage());
    if (reader.refused()) return;
    if (!json) {
        argument.emplace();
        return;
    }
    auto body = contract::read<Body>(*json, contract::Unknown::refuse);
    if (!body) return reader.refuse(problems::validation_failed, body.error());
    // Hashed as we would write it, so that spaces and the order of members make no difference.
    if (reader.wants_canonical_body()) reader.set_canonical_body(contract::to_json(*body));
    argument.emplace(std::move(*body));
}

template <class Ports, class T>
void read_argument(Reader& reader, std::optional<T>& argument) {
    if constexpr (std::is_same_v<T, Ports> || std::is_same_v<T, Caller>) {
        return;  // The others first: see Reader::caller().
    } else {
        if (reader.refused()) return;
        if constexpr (Unwrapped<T>::is_path) {
            auto value = contract::read_text<typename Unwrapped<T>::Type>(reader.next_path_parameter());
            if (!value) return reader.refuse(problems::not_found);
            argument.emplace(T{std::move(*value)});
        } else if constexpr (Unwrapped<T>::is_query) {
            const auto parameters = reader.query();
            if (reader.refused()) return;
            auto value = contract::read_query<typename Unwrapped<T>::Type>(parameters);
            if (!value) return reader.refuse(problems::bad_parameters, value.error());
            argument.emplace(T{std::move(*value)});
        } else {
            read_body(reader, argument);
        }
    }
}

template <class Ports, class T>
void give_context(Reader& reader, const Ports& ports, std::optional<T>& argument) {
    if constexpr (std::is_same_v<T, Ports>) argument.emplace(ports);
    if constexpr (std::is_same_v<T, Caller>) argument.emplace(reader.caller());
}

template <class T>
struct Result {
    using Body = T;
    static constexpr bool has_location = false;
    static Response respond(int status, const T& body) {
        return {.status = status, .body = contract::to_json(body)};
    }
};
template <class T>
struct Result<Created<T>> {
    using Body = typename Result<T>::Body;
    static constexpr bool has_location = true;
    static Response respond(int status, const Created<T>& created) {
        auto response = Result<T>::respond(created.status.value_or(status), created.body);
        response.headers.emplace_back("Location", created.location);
        return response;
    }
};
template <class T>
struct Result<Reply<T>> {
    using Body = typename Result<T>::Body;
    static constexpr bool has_location = Result<T>::has_location;
    static Response respond(int status, const Reply<T>& reply) {
        auto response = Result<T>::respond(reply.status.value_or(status), reply.body);
        response.headers.insert(response.headers.end(), reply.headers.begin(), reply.headers.end());
        return response;
    }
};
template <>
struct Result<NoContent> {
    using Body = void;
    static constexpr bool has_location = false;
    static Response respond(int status, NoContent) { return {.status = status, .content_type = {}}; }
};
template <>
struct Result<Response> {
    using Body = void;
    static constexpr bool has_location = false;
    static Response respond(int, Response response) { return response; }
};

template <class Reason>
Response refuse(const Refused<Reason>& refused, const std::string& instance) {
    return problem_response(problem_of(refused.reason), instance, refused.detail, refused.violations,
                            refused.retry_after);
}
template <class Reason>
    requires std::is_enum_v<Reason>
Response refuse(Reason reason, const std::string& instance) {
    return problem_response(problem_of(reason), instance);
}

/// Reads the arguments, calls the handler, writes what it returns.
template <class Ports, class Out, class Error, class... Args>
awaitable<Response> run(Ports ports, awaitable<std::expected<Out, Error>> (*handler)(Args...), int status,
                        Call call) {
    std::tuple<std::optional<Args>...> arguments;
    {
        Reader reader(call);
        std::apply([&](auto&... argument) { (read_argument<Ports>(reader, argument), ...); }, arguments);
        if (reader.refused()) co_return reader.take_refusal();
        std::apply([&](auto&... argument) { (give_context(reader, ports, argument), ...); }, arguments);
    }
    auto started = std::apply([&](auto&... argument) { return handler(std::move(*argument)...); }, arguments);
    auto result = co_await std::move(started);
    if (!result) co_return refuse(result.error(), call.caller.trace.id_text());
    co_return Result<Out>::respond(status, *result);
}

template <class Ports, class T>
void describe_argument(Route& route, contract::Components& components) {
    if constexpr (Unwrapped<T>::is_path) {
        route.path_schemas.push_back(contract::schema<typename Unwrapped<T>::Type>(components));
    } else if constexpr (Unwrapped<T>::is_query) {
        for (auto& parameter : contract::query_parameters<typename Unwrapped<T>::Type>())
            route.query.push_back(std::move(parameter));
    } else if constexpr (is_body<Ports, T>) {
        using Body = typename WithoutOptional<T>::Type;
        route.body_schema = contract::schema<Body>(components, contract::Unknown::refuse);
        route.body_required = std::is_same_v<Body, T>;
    }
}

template <class Out>
void describe_result(Route& route, contract::Components& components) {
    using Body = typename Result<Out>::Body;
    route.location = Result<Out>::has_location;
    if constexpr (!std::is_void_v<Body>) route.result_schema = contract::schema<Body>(components);
}

}  // namespace platform::http::binding
