#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace platform::testing {

/// A database of its own on the server named by SHOP_TEST_POSTGRES (URL of a superuser), dropped on
/// destruction together with whoever is still connected to it. Throws std::runtime_error, naming the
/// variable, without one.
class Database {
  public:
    Database();
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    const std::string& url() const { return url_; }
    /// The same database by way of another port, such as a TcpGate's.
    std::string url_at(unsigned short port) const;
    std::string host() const;
    unsigned short port() const;

    /// Runs SQL (several statements will do) on a connection that the object keeps beside the code under
    /// test. Returns the last statement's rows as text, NULL as "null". Throws std::runtime_error with the
    /// server's message. Blocks.
    std::vector<std::vector<std::string>> execute(std::string_view sql);
    /// The only cell of the only row.
    std::string value(std::string_view sql);
    /// Ends every other connection to this database from the server's side; returns how many.
    int terminate_others();

  private:
    std::string name_;
    std::string url_;
    void* connection_ = nullptr;  // libpq's PGconn, which no header of ours includes.
};

}  // namespace platform::testing
