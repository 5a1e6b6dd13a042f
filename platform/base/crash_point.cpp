#include "platform/base/crash_point.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>

#include "platform/base/number.hpp"

namespace platform {

namespace {

constexpr auto at_variable = "SHOP_CRASH_AT";
constexpr auto log_variable = "SHOP_CRASH_LOG";
constexpr int exit_bad_configuration = 2;

/// Which file it is: one that is written anew is another, even when it says the same.
struct Identity {
    ino_t inode = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;

    bool operator==(const Identity&) const = default;
};

std::optional<Identity> identity_of(const std::string& path) {
    struct stat found{};
    if (stat(path.c_str(), &found) != 0) return std::nullopt;
    return Identity{found.st_ino, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_line(const std::string& path, int flags, const std::string& text) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    const bool written = file >= 0 && write(file, text.data(), text.size()) == std::ssize(text);
    if (file >= 0) close(file);
    if (!written) std::perror(path.c_str());
}

/// A variable's value, which is no configuration of the service and so must not be seen by what reads that.
std::string take(const char* variable) {
    const char* value = std::getenv(variable);
    std::string text = value == nullptr ? "" : value;
    unsetenv(variable);
    return text;
}

struct Target {
    std::string text;
    std::string point;
    std::uint64_t pass = 0;
};

class CrashPoints {
  public:
    CrashPoints(std::string_view process, std::span<const std::string_view> known, std::string at,
                std::string log)
        : process_(process), known_(known), log_(std::move(log)) {
        if (log_.empty()) refuse(std::string(log_variable) + " is required with " + at_variable);
        if (at.starts_with('/')) {
            file_ = std::move(at);
            look_at_file();
            return;
        }
        target_ = parse(at);
        if (("\n" + text_of(log_)).contains("\n" + target_->text + ' ')) target_.reset();
    }

    void pass(std::string_view first, std::string_view second, std::string_view third) {
        std::string name(first.empty() ? process_ : first);
        for (const auto piece : {second, third})
            if (!piece.empty()) name.append(".").append(piece);
        const std::lock_guard lock(mutex_);
        if (!file_.empty()) look_at_file();
        if (!target_ || target_->point != name || ++passed_ < target_->pass) return;
        if (!file_.empty() && !take_from_file()) return;
        write_line(log_, O_APPEND, target_->text + ' ' + std::to_string(getpid()) + ' ' + process_ + '\n');
        std::raise(SIGKILL);
    }

  private:
    [[noreturn]] void refuse(const std::string& what) const {
        std::fputs((process_ + ": " + what + "\n").c_str(), stderr);
        _exit(exit_bad_configuration);
    }

    Target parse(const std::string& text) const {
        const auto colon = text.rfind(':');
        const auto digits =
            colon == std::string::npos ? std::string_view{} : std::string_view(text).substr(colon + 1);
        Target target{.text = text,
                      .point = text.substr(0, colon),
                      .pass = number_of<std::uint64_t>(digits).value_or(0)};
        if (target.pass == 0)
            refuse(std::string(at_variable) + ": '" + text +
                   "' is neither POINT:N, with N from 1, nor the absolute path of a file with that");
        if (std::ranges::find(known_, target.point) == known_.end()) {
            std::string names;
            for (const auto name : known_) names.append("\n  ").append(name);
            refuse(std::string(at_variable) + ": '" + target.point +
                   "' is no crash point; these are:" + names);
        }
        return target;
    }

    void look_at_file() {
        const auto now = identity_of(file_);
        if (now == seen_) return;
        seen_ = now;
        target_.reset();
        passed_ = 0;
        const auto text = now ? text_of(file_) : std::string{};
        if (text.empty()) return;  // It is gone already.
        const auto end = std::min(text.find('\n'), text.size());
        target_ = parse(text.substr(0, end));
        rest_ = text.substr(std::min(end + 1, text.size()));
    }

    /// False when another process was quicker, or the file is not the one any more that the target stood in.
    bool take_from_file() {
        const auto own = file_ + ".taken." + std::to_string(getpid());
        if (std::rename(file_.c_str(), own.c_str()) != 0) return false;
        if (identity_of(own) != seen_) {
            static_cast<void>(std::rename(own.c_str(), file_.c_str()));
            return false;
        }
        if (!rest_.empty()) {
            write_line(own, O_TRUNC, rest_);
            static_cast<void>(std::rename(own.c_str(), file_.c_str()));
        } else {
            unlink(own.c_str());
        }
        return true;
    }

    const std::string process_;
    const std::span<const std::string_view> known_;
    const std::string log_;
    std::string file_;
    std::mutex mutex_;
    std::optional<Identity> seen_;
    std::optional<Target> target_;
    std::string rest_;
    std::uint64_t passed_ = 0;
};

/// Set before there is a second thread, and never deleted: threads may pass points to the very end.
CrashPoints* armed = nullptr;

}  // namespace

void crash_point(std::string_view first, std::string_view second, std::string_view third) {
    if (armed != nullptr) armed->pass(first, second, third);
}

void arm_crash_points(std::string_view process, std::span<const std::string_view> known) {
    auto at = take(at_variable);
    auto log = take(log_variable);
    if (!at.empty() || !log.empty()) armed = new CrashPoints(process, known, std::move(at), std::move(log));
}

}  // namespace platform
