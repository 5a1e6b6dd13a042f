#include "platform/service/tests/child.hpp"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace platform::service {

namespace {

int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

bool readable(int descriptor, std::chrono::steady_clock::time_point deadline) {
    pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
    return poll(&entry, 1, milliseconds_until(deadline)) > 0;
}

}  // namespace

Child::Child(const std::string& program, const std::map<std::string, std::string>& environment) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
    std::vector<char*> pointers;
    for (auto& variable : variables) pointers.push_back(variable.data());
    pointers.push_back(nullptr);
    std::string name = program;
    std::array<char*, 2> arguments{name.data(), nullptr};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    const int error =
        posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments.data(), pointers.data());
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    pipe_ = ends[0];
    if (error != 0) throw std::runtime_error("cannot start " + program);
}

Child::~Child() {
    if (!code_) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close(pipe_);
}

void Child::signal(int number) const { kill(pid_, number); }

std::string Child::line_with(const std::string& part, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        for (auto end = output_.find('\n', searched_); end != std::string::npos;
             end = output_.find('\n', searched_)) {
            const std::string line = output_.substr(searched_, end - searched_);
            searched_ = end + 1;
            if (line.contains(part)) return line;
        }
        if (!read_some(deadline)) throw std::runtime_error("no line with " + part + " in:\n" + output_);
    }
}

int Child::wait(std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (read_some(deadline)) continue;
    const int process = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    const bool ended = readable(process, deadline);
    close(process);
    if (!ended) throw std::runtime_error("still running; its output:\n" + output_);
    int status = 0;
    waitpid(pid_, &status, 0);
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return *code_;
}

bool Child::read_some(Deadline deadline) {
    if (!readable(pipe_, deadline)) return false;
    std::array<char, 4096> bytes;
    const auto count = read(pipe_, bytes.data(), bytes.size());
    if (count <= 0) return false;
    output_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

}  // namespace platform::service
