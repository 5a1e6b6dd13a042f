#pragma once

#include <span>
#include <string_view>

/// CRASH_POINT("order.cancel.before_commit") names a line at which a test can have the process killed, by a
/// real SIGKILL and nothing gentler. Up to three pieces are joined with dots: CRASH_POINT(queue,
/// "before_attempt"). An empty first piece is the process: CRASH_POINT("", "relay.before_publish") in
/// order-service is "order-service.relay.before_publish".
///
/// Only sources that are compiled with SHOP_CRASH_POINTS have points (shop_crash_points in
/// tools/cmake/Shop.cmake); elsewhere the macros are nothing, and not even the name is left in the program.
namespace platform {

/// For CRASH_POINT only. Returns unless SHOP_CRASH_AT says that this is the place.
void crash_point(std::string_view first, std::string_view second = {}, std::string_view third = {});

/// For ARM_CRASH_POINTS only, before the first thread is started. Takes SHOP_CRASH_AT and SHOP_CRASH_LOG out
/// of the environment; with anything wrong in them it says so on standard error and ends the process with
/// code 2.
///
/// SHOP_CRASH_AT is `POINT:N`, to die when this point is passed for the N-th time, or the absolute path of a
/// file. The file may come at any time, best by a rename. Its first line is such a target; the process that
/// reaches it takes the line away, so of several processes with one file only one dies, and not again when it
/// is restarted. What is left of the file then counts.
///
/// Whoever dies has added a line `POINT:N PID PROCESS` to the file SHOP_CRASH_LOG before. A `POINT:N` in
/// SHOP_CRASH_AT itself counts as done, for good, when the log tells of it.
void arm_crash_points(std::string_view process, std::span<const std::string_view> known);

}  // namespace platform

#ifdef SHOP_CRASH_POINTS
#define CRASH_POINT(...) ::platform::crash_point(__VA_ARGS__)
#define ARM_CRASH_POINTS(process, known) ::platform::arm_crash_points(process, known)
#else
#define CRASH_POINT(...) static_cast<void>(0)
#define ARM_CRASH_POINTS(process, known) static_cast<void>(0)
#endif
