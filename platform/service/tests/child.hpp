#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace platform::service {

/// A program that runs beside the test, ended with it. Every wait has a deadline.
class Child {
  public:
    /// Starts `program` with these environment variables and no others.
    Child(const std::string& program, const std::map<std::string, std::string>& environment);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void signal(int number) const;

    /// Reads its output until a line contains `part`; the line. Throws std::runtime_error with all of the
    /// output when there is none in time.
    std::string line_with(const std::string& part,
                          std::chrono::milliseconds limit = std::chrono::seconds{30});

    /// How it ended: its exit code, or 128 and the number of the signal. Throws when it does not end in time.
    int wait(std::chrono::milliseconds limit = std::chrono::seconds{30});

    /// Everything on standard error and standard output so far.
    const std::string& output() const { return output_; }

  private:
    using Deadline = std::chrono::steady_clock::time_point;

    bool read_some(Deadline deadline);

    pid_t pid_ = -1;
    int pipe_ = -1;
    std::optional<int> code_;
    std::string output_;
    std::size_t searched_ = 0;
};

}  // namespace platform::service
