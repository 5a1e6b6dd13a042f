#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "platform/messaging/broker.hpp"
#include "platform/messaging/connection.hpp"

namespace platform::messaging {

/// A virtual host of its own on the broker named by SHOP_TEST_RABBITMQ and SHOP_TEST_RABBITMQ_MANAGEMENT,
/// deleted with everything in it on destruction. Throws std::runtime_error, naming the variable, without one.
class VirtualHost {
  public:
    VirtualHost();
    ~VirtualHost();
    VirtualHost(const VirtualHost&) = delete;
    VirtualHost& operator=(const VirtualHost&) = delete;

    const std::string& name() const { return name_; }
    const BrokerUrl& broker() const { return broker_; }
    /// How to reach it, by way of another port if one is given. Impatient, as tests are.
    BrokerConfig config(unsigned short port = 0) const;

    /// One request to the management interface; `path` follows "/api/". Throws std::runtime_error for any
    /// status but 2xx.
    boost::json::value manage(std::string_view method, std::string_view path,
                              std::string_view body = {}) const;
    /// The broker's own description of a queue.
    boost::json::object queue(std::string_view name) const;
    /// What the management interface calls closing: the broker ends every connection to this virtual host.
    /// Waits until there is one. Returns how many.
    std::size_t close_connections() const;

    /// Takes every message that is ready out of a queue.
    std::vector<Content> drain(std::string_view queue) const;
    void unbind(std::string_view queue, std::string_view type) const;

  private:
    std::string name_;
    BrokerUrl broker_;
    std::string management_host_;
    std::string management_port_;
    std::string authorization_;
};

}  // namespace platform::messaging
