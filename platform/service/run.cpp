#include "platform/service/run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "platform/service/signals.hpp"
#include "platform/telemetry/log.hpp"

namespace platform::service {

namespace {

using telemetry::log_error;
using telemetry::log_info;
using telemetry::log_warn;

telemetry::Level level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return telemetry::Level::debug;
        case LogLevel::info: return telemetry::Level::info;
        case LogLevel::warn: return telemetry::Level::warn;
        case LogLevel::error: return telemetry::Level::error;
        case LogLevel::off: return telemetry::Level::off;
    }
    return telemetry::Level::info;
}

/// For whoever started the process by hand, with no eye on the log.
void complain(std::string_view name, std::string_view what) {
    const std::string line = std::string{name} + ": " + std::string{what} + "\n";
    std::fputs(line.c_str(), stderr);
}

/// True when everything came to rest.
bool serve(Host& host, Signals& signals) {
    host.start();
    signals.started();
    log_info("serving", {{"port", host.port()}});
    signals.wait();
    log_info("stopping");
    const bool at_rest = host.stop();
    if (at_rest)
        log_info("stopped");
    else
        log_warn("stopped with work left behind");
    return at_rest;
}

}  // namespace

int live(std::string_view name, const ServiceConfig& config, std::string_view configuration,
         std::vector<postgres::Migration> migrations, std::function<void(Host&)> compose) {
    // First of all: threads inherit which signals they leave alone.
    Signals signals{config.stop_ms};
    telemetry::configure_log(std::string{name}, level_of(config.log_level));
    log_info("starting", {{"configuration", configuration}});
    std::unique_ptr<Host> host;
    int code = 0;
    bool at_rest = false;
    try {
        migrate_when_possible(config, migrations);
        host = std::make_unique<Host>(std::string{name}, config, migrations);
        compose(*host);
        at_rest = serve(*host, signals);
    } catch (const std::exception& error) {
        log_error("cannot go on", {{"reason", error.what()}});
        complain(name, std::string{"cannot go on: "} + error.what());
        code = exit_failed;
    }
    telemetry::flush_log();
    // Coroutines that have not ended still point at parts of the host, so then nothing may be taken apart.
    if (!at_rest) _exit(code);
    return code;
}

std::vector<postgres::Migration> in_order(Migrations migrations) {
    std::vector<postgres::Migration> all;
    for (const auto& list : migrations) all.insert(all.end(), list.begin(), list.end());
    std::ranges::sort(all, {}, &postgres::Migration::name);
    return all;
}

int refuse_configuration(std::string_view name, std::string_view what) {
    complain(name, what);
    return exit_bad_configuration;
}

}  // namespace platform::service
