#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "platform/http/client.hpp"

namespace platform::http {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

template <auto free_function>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const auto length = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(length)};
}

struct Identification {
    std::string key;
    std::string certificate;
};

/// A self-signed certificate for one host name, valid for an hour.
Identification self_signed(const std::string& host) {
    const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Free<X509_free>> certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    auto* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1,
                               -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> names(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str()));
    X509_add_ext(certificate.get(), names.get(), -1);
    X509_sign(certificate.get(), key.get(), EVP_sha256());

    const std::unique_ptr<BIO, Free<BIO_free>> key_text(BIO_new(BIO_s_mem()));
    const std::unique_ptr<BIO, Free<BIO_free>> certificate_text(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    PEM_write_bio_X509(certificate_text.get(), certificate.get());
    return {text_of(key_text.get()), text_of(certificate_text.get())};
}

/// Answers every handshake that succeeds with one response. The certificate is also a file, to be trusted.
class TlsPeer {
  public:
    TlsPeer(asio::io_context& context, const std::string& host)
        : acceptor_(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          tls_(ssl::context::tls_server),
          ca_file(::testing::TempDir() + "tls-" + std::to_string(acceptor_.local_endpoint().port()) +
                  ".pem") {
        const auto identification = self_signed(host);
        tls_.use_private_key(asio::buffer(identification.key), ssl::context::pem);
        tls_.use_certificate(asio::buffer(identification.certificate), ssl::context::pem);
        std::unique_ptr<std::FILE, Free<std::fclose>> file(std::fopen(ca_file.c_str(), "w"));
        std::fwrite(identification.certificate.data(), 1, identification.certificate.size(), file.get());
        asio::co_spawn(context, serve(this), [](std::exception_ptr) {});
    }
    ~TlsPeer() { std::remove(ca_file.c_str()); }

    std::string url() const {
        return "https://localhost:" + std::to_string(acceptor_.local_endpoint().port());
    }

  private:
    static awaitable<void> serve(TlsPeer* self) {
        for (;;) {
            auto [error, socket] = co_await self->acceptor_.async_accept(as_result);
            if (error) co_return;
            ssl::stream<tcp::socket> stream(std::move(socket), self->tls_);
            const auto [refused] = co_await stream.async_handshake(ssl::stream_base::server, as_result);
            if (refused) continue;
            std::array<char, 1024> request;
            co_await stream.async_read_some(asio::buffer(request), as_result);
            const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
            co_await asio::async_write(stream, asio::buffer(response), as_result);
        }
    }

    tcp::acceptor acceptor_;
    ssl::context tls_;

  public:
    const std::string ca_file;
};

class ClientTls : public ::testing::Test {
  protected:
    ClientResponse call(Client& client) {
        auto future = asio::co_spawn(context, client.send({}), asio::use_future);
        while (future.wait_for(0s) != std::future_status::ready) context.run_one();
        return future.get();
    }
    void expect_refused(Client& client) {
        try {
            call(client);
            ADD_FAILURE() << "a response";
        } catch (const TransportError& error) {
            EXPECT_FALSE(error.sent);
            EXPECT_NE(std::string(error.what()).find("certificate verify failed"), std::string::npos)
                << error.what();
        }
    }

    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
};

TEST_F(ClientTls, talks_to_a_peer_whose_certificate_names_it) {
    TlsPeer peer(context, "localhost");
    Client client(context, {.base_url = peer.url(), .ca_file = peer.ca_file});
    EXPECT_EQ(call(client).body, "hello");
}

TEST_F(ClientTls, sends_nothing_to_a_peer_with_another_name) {
    TlsPeer peer(context, "elsewhere.test");
    Client client(context, {.base_url = peer.url(), .ca_file = peer.ca_file});
    expect_refused(client);
}

TEST_F(ClientTls, sends_nothing_to_a_peer_that_nobody_vouches_for) {
    TlsPeer peer(context, "localhost");
    Client client(context, {.base_url = peer.url()});
    expect_refused(client);
}

}  // namespace
}  // namespace platform::http
