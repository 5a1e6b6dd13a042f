#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "platform/postgres/errors.hpp"
#include "platform/postgres/result.hpp"

struct pg_conn;

namespace platform::postgres {

/// A connection that blocks, for what happens before a process serves anybody: migrations, and checks in
/// tests.
class BlockingSession {
  public:
    /// Throws ConnectionLost when there is no connection within the time.
    BlockingSession(std::string_view url, std::string_view application_name,
                    std::chrono::milliseconds connect_ms);

    /// One statement with text parameters, its result as text. Throws like a flight does.
    Result run(const char* sql, std::initializer_list<std::string_view> parameters = {});
    std::string value(const Result& result, int row, int column) const;

    /// A script of several statements. Returns what failed, if anything did, instead of throwing it.
    struct Fault {
        ErrorFields fields;
        std::string detail;         ///< The server's detail and hint, which may quote data.
        std::size_t character = 0;  ///< Position in the script from 1; zero when the server named none.
    };
    std::unique_ptr<Fault> run_script(const std::string& sql);

    bool in_transaction() const;
    pg_conn* get() const { return connection_.get(); }

  private:
    struct Close {
        void operator()(pg_conn* connection) const;
    };
    std::unique_ptr<pg_conn, Close> connection_;
};

}  // namespace platform::postgres
