#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace platform::testing {

/// A TCP relay between code under test and a server, to cut and to hold what passes. Works on a thread of its
/// own, so it goes on while the test waits; every call takes effect before it returns.
class TcpGate {
  public:
    TcpGate(const std::string& host, unsigned short port);
    ~TcpGate();
    TcpGate(const TcpGate&) = delete;
    TcpGate& operator=(const TcpGate&) = delete;

    unsigned short port() const;

    /// Resets every connection that passes now.
    void cut();
    /// New connections are refused from now on, as by a server that is down; those that pass go on.
    void close();
    /// Accepts again, on the same port.
    void open();
    /// What the server says stays in the gate until release_replies(), so the client waits; what the client
    /// says still passes.
    void hold_replies();
    void release_replies();

    std::size_t bytes_to_server() const;
    std::size_t bytes_to_client() const;
    /// Bursts in the direction of the server that came after one in the other direction: round trips begun.
    std::size_t turns() const;
    /// Connections accepted so far.
    std::size_t accepted() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace platform::testing
