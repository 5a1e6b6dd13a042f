#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/environment.hpp"
#include "platform/config/settings.hpp"
#include "platform/contract/described.hpp"

namespace platform::config {

/// The configuration cannot be used. what() lists every problem on a line of its own, each beginning with the
/// variable's name, so that an operator mends all of them at once; secrets are not quoted.
class ConfigError : public std::runtime_error {
  public:
    explicit ConfigError(std::vector<std::string> problems);
    const std::vector<std::string>& problems() const { return problems_; }

  private:
    std::vector<std::string> problems_;
};

/// One reading of the environment: what was asked for, and what is wrong.
class Loading {
  public:
    explicit Loading(const Environment& environment) : environment_(environment) {}

    /// The text of the variable or, for a sensitive one, of the file that <variable>_FILE names. Nothing if
    /// it is not set or cannot be read; if that is a problem it has been noted.
    std::optional<std::string> text_of(const std::string& variable, bool sensitive, bool required);

    void refuse(const std::string& variable, const std::string& rule) {
        problems_.push_back(variable + ' ' + rule);
    }
    void refuse_value(const std::string& variable, const std::string& rule, std::string_view text);

    /// Notes variables of ours that nothing asked for and throws ConfigError if there is any problem.
    void finish();

  private:
    void refuse_unknown_variables();

    const Environment& environment_;
    std::vector<std::string> known_;
    std::vector<std::string> problems_;
};

/// "SHOP_" and "http_port" give "SHOP_HTTP_PORT".
std::string variable_name(std::string_view prefix, std::string_view member);

template <class T>
struct Setting {
    using Value = T;
    static constexpr bool required = false;
};
template <class T>
struct Setting<std::optional<T>> {
    using Value = T;
    static constexpr bool required = false;
};
template <class T>
struct Setting<Required<T>> {
    using Value = T;
    static constexpr bool required = true;
};

template <class M>
concept Group = contract::Described<M>;

template <class M>
void load_member(Loading& loading, const std::string& variable, M& out);

template <class T, template <class...> class Members, class... D>
void load_members(Loading& loading, const std::string& prefix, T& out, Members<D...>) {
    (load_member(loading, variable_name(prefix, D::name), out.*D::pointer), ...);
}

template <class M>
void load_member(Loading& loading, const std::string& variable, M& out) {
    if constexpr (Group<M>) {
        load_members(loading, variable + '_', out, contract::members_of<M>{});
    } else {
        using Value = typename Setting<M>::Value;
        static_assert(contract::ScalarType<Value>, "no setting can have this type; see settings.hpp");
        if constexpr (std::derived_from<Value, std::chrono::milliseconds>) {
            ensure(variable.ends_with("_MS"), "a setting in milliseconds has a name that ends in _ms");
        }
        const auto text = loading.text_of(variable, Sensitive<Value>, Setting<M>::required);
        if (!text) return;
        auto value = contract::read_text<Value>(*text);
        if (value) {
            out = std::move(*value);
        } else if constexpr (Sensitive<Value>) {
            loading.refuse(variable, value.error());
        } else {
            loading.refuse_value(variable, value.error(), *text);
        }
    }
}

/// Reads a described struct from SHOP_<MEMBER> variables, those of its bases included. A member that is
/// itself a described struct is a group: `http.port` is SHOP_HTTP_PORT. A variable that is not set leaves a
/// member with its initialiser, unless it is a Required<T>. Every variable that begins with SHOP_ must be one
/// of these (SHOP_TEST_ is left to test programs): a misspelt limit must not fall back to its default in
/// silence. Throws ConfigError.
template <Group T>
T load(const Environment& environment) {
    T out{};
    Loading loading(environment);
    load_members(loading, "SHOP_", out, contract::members_of<T>{});
    loading.finish();
    return out;
}

template <class M>
void describe_member(std::string& out, const std::string& variable, const M& value);

template <class T, template <class...> class Members, class... D>
void describe_members(std::string& out, const std::string& prefix, const T& config, Members<D...>) {
    (describe_member(out, variable_name(prefix, D::name), config.*D::pointer), ...);
}

template <class M>
void describe_member(std::string& out, const std::string& variable, const M& value) {
    if constexpr (Group<M>) {
        describe_members(out, variable + '_', value, contract::members_of<M>{});
    } else if constexpr (contract::OptionalType<M>) {
        if (value) {
            describe_member(out, variable, *value);
        } else {
            out += variable + " is not set\n";
        }
    } else if constexpr (Setting<M>::required) {
        describe_member(out, variable, *value);
    } else if constexpr (Sensitive<M>) {
        out += variable + '=' + masked(value) + '\n';
    } else {
        out += variable + '=' + contract::write_text(value) + '\n';
    }
}

/// The effective configuration, one SHOP_<MEMBER>=<value> a line, without secrets: for the log at the start.
template <Group T>
std::string describe(const T& config) {
    std::string out;
    describe_members(out, "SHOP_", config, contract::members_of<T>{});
    return out;
}

}  // namespace platform::config
