#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/auth/signer.hpp"
#include "platform/base/ids.hpp"
#include "platform/http/api.hpp"
#include "platform/http/client.hpp"
#include "platform/http/server.hpp"
#include "platform/service/bearer.hpp"
#include "platform/testing/run.hpp"

namespace platform::testing {

/// One key pair for all tests of a program, because making one takes a while.
inline const std::filesystem::path& token_keys() {
    struct Directory {
        Directory() {
            std::string pattern = (std::filesystem::temp_directory_path() / "keys.XXXXXX").string();
            path = mkdtemp(pattern.data());
            auth::generate_key_pair(path, "k1");
        }
        ~Directory() { std::filesystem::remove_all(path); }
        std::filesystem::path path;
    };
    static const Directory directory;
    return directory.path;
}

/// A service's routes behind a real socket, called with tokens that the test signs. Declared after everything
/// that the routes refer to: it ends its connections when it goes.
template <class Ports>
class LiveApi {
  public:
    using Headers = std::vector<std::pair<std::string, std::string>>;

    LiveApi(boost::asio::io_context& io, telemetry::Metrics& metrics, http::Info info, Ports ports,
            void (*add_routes)(http::Api<Ports>&), http::ServerConfig limits = {.host = "127.0.0.1"})
        : io_(io),
          api_(std::move(info), std::move(ports), service::bearer(verifier_), metrics),
          server_(io, std::move(limits), api_.handler(), metrics) {
        add_routes(api_);
        server_.start();
        client_.emplace(io,
                        http::ClientConfig{.base_url = "http://127.0.0.1:" + std::to_string(server_.port())});
    }
    LiveApi(const LiveApi&) = delete;
    LiveApi& operator=(const LiveApi&) = delete;
    ~LiveApi() {
        client_.reset();
        run(io_, server_.drain(std::chrono::steady_clock::now() + std::chrono::seconds{1}));
    }

    std::string token(Uuid user, std::string role) const {
        const auto now = clock_.now();
        return signer_.sign({.issuer = "test",
                             .audience = "shop-api",
                             .subject = user,
                             .role = std::move(role),
                             .token_id = user,
                             .issued_at = now,
                             .expires_at = now + std::chrono::minutes{5}});
    }

    /// The target is below /api/v1. An object is sent as the JSON body; without a token nobody is calling.
    awaitable<http::ClientResponse> call(std::string method, std::string target, std::string token = {},
                                         boost::json::value body = {}, Headers headers = {}) {
        http::ClientRequest request{
            .method = std::move(method), .target = "/api/v1" + target, .headers = std::move(headers)};
        if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
        if (!body.is_null()) {
            request.headers.emplace_back("Content-Type", "application/json");
            request.body = boost::json::serialize(body);
        }
        return client_->send(std::move(request));
    }
    http::ClientResponse send(std::string method, std::string target, std::string token = {},
                              boost::json::value body = {}, Headers headers = {}) {
        return run(io_, call(std::move(method), std::move(target), std::move(token), std::move(body),
                             std::move(headers)));
    }

    std::vector<std::string> routes() const { return api_.routes(); }
    boost::json::object document() {
        return boost::json::parse(run(io_, client_->send({.target = "/openapi.json"})).body).as_object();
    }

  private:
    boost::asio::io_context& io_;
    SystemClock clock_;
    auth::Verifier verifier_{{.public_keys = token_keys(), .issuer = "test", .audience = "shop-api"}, clock_};
    auth::Signer signer_{token_keys() / "k1.pem"};
    http::Api<Ports> api_;
    http::Server server_;
    std::optional<http::Client> client_;
};

inline boost::json::object body_of(const http::ClientResponse& response) {
    return boost::json::parse(response.body).as_object();
}

/// "404 order-not-found" for a problem document; what else came, otherwise.
inline std::string problem_in(const http::ClientResponse& response) {
    if (response.headers.find("Content-Type") != "application/problem+json")
        return std::to_string(response.status) + " is no problem: " + response.body;
    const std::string type{body_of(response).at("type").as_string()};
    return std::to_string(response.status) + " " + type.substr(std::string{"/problems/"}.size());
}

inline std::vector<std::string> pointers_in(const http::ClientResponse& response) {
    std::vector<std::string> pointers;
    const auto problem = body_of(response);
    if (const auto* errors = problem.if_contains("errors"))
        for (const auto& error : errors->as_array()) pointers.emplace_back(error.at("pointer").as_string());
    return pointers;
}

}  // namespace platform::testing
