#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string_view>

namespace platform::service {

inline constexpr const char* task_queue = "tasks";

/// What crashing_main.cpp consumes: it notes the number in the table `done`, or dies of it.
struct Task {
    static constexpr std::string_view type = "Task";
    std::int64_t number = 0;
    bool fatal = false;
};
BOOST_DESCRIBE_STRUCT(Task, (), (number, fatal))

}  // namespace platform::service
