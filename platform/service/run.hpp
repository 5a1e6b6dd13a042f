#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/config.hpp"
#include "platform/service/host.hpp"

namespace platform::service {

/// Exit codes of a service process beside 0, an orderly stop.
inline constexpr int exit_failed = 1;
inline constexpr int exit_bad_configuration = 2;

/// The schema of a service: its own migrations and those of the platform's modules that it uses.
using Migrations = std::initializer_list<std::span<const postgres::Migration>>;

/// The life of a service process after its configuration was read: signals, log, migrations, start, waiting,
/// drain, stop. `configuration` is for the log, without secrets.
int live(std::string_view name, const ServiceConfig& config, std::string_view configuration,
         std::vector<postgres::Migration> migrations, std::function<void(Host&)> compose);

/// All migrations in order of their names.
std::vector<postgres::Migration> in_order(Migrations migrations);

/// Says on standard error what is wrong with the configuration; returns the exit code.
int refuse_configuration(std::string_view name, std::string_view what);

/// What a service's main returns. Config is a described struct derived from ServiceConfig, read from the
/// environment; `compose` adds the service's parts and routes to the host.
template <class Config>
int run(std::string_view name, Migrations migrations, void (*compose)(Host&, const Config&)) {
    Config config;
    try {
        config = config::load<Config>(config::Environment::process());
        config.ServiceConfig::check();
        config.check();
    } catch (const config::ConfigError& error) {
        return refuse_configuration(name, error.what());
    }
    return live(name, config, config::describe(config), in_order(migrations),
                [&](Host& host) { compose(host, config); });
}

}  // namespace platform::service
