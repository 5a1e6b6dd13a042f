#pragma once

#include <map>
#include <string>
#include <string_view>

namespace platform::config {

/// The environment variables that a configuration is read from: those of the process, or a map in a test.
class Environment {
  public:
    using Variables = std::map<std::string, std::string, std::less<>>;

    Environment() = default;
    explicit Environment(Variables variables) : variables_(std::move(variables)) {}

    /// A copy of this process's variables. To be called before threads are started.
    static Environment process();

    /// The value, or nullptr. A variable set to nothing counts as not set, since that is what
    /// `${NAME:-}` in a compose file leaves behind.
    const std::string* find(std::string_view name) const;

    const Variables& variables() const { return variables_; }

  private:
    Variables variables_;
};

}  // namespace platform::config
