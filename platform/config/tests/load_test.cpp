#include "platform/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace platform::config {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

enum class Level { info, debug };
BOOST_DESCRIBE_ENUM(Level, info, debug)

struct Listener {
    std::string host = "0.0.0.0";
    Limit<0, 65535> port = 8080;
};
BOOST_DESCRIBE_STRUCT(Listener, (), (host, port))

struct Common {
    Level log_level = Level::info;
    Listener http;
};
BOOST_DESCRIBE_STRUCT(Common, (), (log_level, http))

struct Config : Common {
    Config() { http.port = 8001; }

    Required<PostgresUrl> database_url;
    HttpUrl provider_url = "http://127.0.0.1:8010";
    std::optional<Secret> provider_key;
    std::optional<Limit<1, 10>> workers;
    Milliseconds<1, 60'000> drain_ms = milliseconds{3000};
    bool strict = true;
};
BOOST_DESCRIBE_STRUCT(Config, (Common), (database_url, provider_url, provider_key, workers, drain_ms, strict))

struct BadName {
    Milliseconds<1, 10> timeout = milliseconds{1};
};
BOOST_DESCRIBE_STRUCT(BadName, (), (timeout))

const std::string database = "postgresql://shop:hunter2@db/order_db";

Config loaded(Environment::Variables variables) {
    variables.try_emplace("SHOP_DATABASE_URL", database);
    return load<Config>(Environment(std::move(variables)));
}

std::vector<std::string> problems(Environment::Variables variables) {
    try {
        loaded(std::move(variables));
    } catch (const ConfigError& error) {
        return error.problems();
    }
    return {};
}

/// A file that exists as long as the test.
class SecretFile {
  public:
    explicit SecretFile(std::string_view text)
        : path_(std::filesystem::path(testing::TempDir()) /
                ("secret-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)))) {
        std::ofstream(path_, std::ios::binary) << text;
    }
    ~SecretFile() { std::filesystem::remove(path_); }
    SecretFile(const SecretFile&) = delete;

    std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

TEST(Load, keeps_the_initialisers_of_what_is_not_set) {
    const Config config = loaded({});
    EXPECT_EQ(config.database_url->text(), database);
    EXPECT_EQ(config.log_level, Level::info);
    EXPECT_EQ(config.http.host, "0.0.0.0");
    EXPECT_EQ(config.http.port, 8001);
    EXPECT_EQ(config.provider_url.text(), "http://127.0.0.1:8010");
    EXPECT_FALSE(config.provider_key);
    EXPECT_FALSE(config.workers);
    EXPECT_EQ(config.drain_ms, milliseconds(3000));
    EXPECT_TRUE(config.strict);
}

TEST(Load, reads_every_kind_of_setting) {
    const Config config = loaded({{"SHOP_LOG_LEVEL", "debug"},
                                  {"SHOP_HTTP_HOST", "127.0.0.1"},
                                  {"SHOP_HTTP_PORT", "0"},
                                  {"SHOP_PROVIDER_URL", "https://api.example"},
                                  {"SHOP_PROVIDER_KEY", "sk_test"},
                                  {"SHOP_WORKERS", "4"},
                                  {"SHOP_DRAIN_MS", "1500"},
                                  {"SHOP_STRICT", "false"},
                                  {"PATH", "/bin"}});
    EXPECT_EQ(config.log_level, Level::debug);
    EXPECT_EQ(config.http.host, "127.0.0.1");
    EXPECT_EQ(config.http.port, 0);
    EXPECT_EQ(config.provider_url.text(), "https://api.example");
    EXPECT_EQ(config.provider_key->reveal(), "sk_test");
    EXPECT_EQ(*config.workers, 4);
    EXPECT_EQ(config.drain_ms, milliseconds(1500));
    EXPECT_FALSE(config.strict);
}

TEST(Load, lists_everything_that_is_wrong_at_once) {
    try {
        load<Config>(Environment({{"SHOP_HTTP_PORT", "80x"},
                                  {"SHOP_LOG_LEVEL", "verbose"},
                                  {"SHOP_PROVIDER_URL", "api.example"},
                                  {"SHOP_WORKERS", "11"},
                                  {"SHOP_DRAIN_MS", "3s"},
                                  {"SHOP_STRICT", "yes"},
                                  {"SHOP_HTP_HOST", "x"}}));
        FAIL() << "accepted";
    } catch (const ConfigError& error) {
        EXPECT_STREQ(error.what(),
                     "the configuration cannot be used:\n"
                     "  SHOP_LOG_LEVEL must be one of info, debug, not \"verbose\"\n"
                     "  SHOP_HTTP_PORT must be an integer from 0 to 65535, not \"80x\"\n"
                     "  SHOP_DATABASE_URL is required\n"
                     "  SHOP_PROVIDER_URL must be a URL that begins with http:// or https://\n"
                     "  SHOP_WORKERS must be an integer from 1 to 10, not \"11\"\n"
                     "  SHOP_DRAIN_MS must be an integer from 1 to 60000, not \"3s\"\n"
                     "  SHOP_STRICT must be true or false, not \"yes\"\n"
                     "  SHOP_HTP_HOST is not a known variable; did you mean SHOP_HTTP_HOST?");
    }
}

TEST(Load, takes_an_empty_variable_for_one_that_is_not_set) {
    EXPECT_EQ(loaded({{"SHOP_HTTP_PORT", ""}}).http.port, 8001);
    EXPECT_THAT(problems({{"SHOP_DATABASE_URL", ""}}), ElementsAre("SHOP_DATABASE_URL is required"));
}

TEST(Load, suggests_a_name_only_if_one_is_near) {
    EXPECT_THAT(problems({{"SHOP_DRAIN", "1"}}),
                ElementsAre("SHOP_DRAIN is not a known variable; did you mean SHOP_DRAIN_MS?"));
    EXPECT_THAT(problems({{"SHOP_WORKER", "1"}}),
                ElementsAre("SHOP_WORKER is not a known variable; did you mean SHOP_WORKERS?"));
    EXPECT_THAT(problems({{"SHOP_COLOUR_OF_THE_LOGO", "1"}}),
                ElementsAre("SHOP_COLOUR_OF_THE_LOGO is not a known variable"));
}

TEST(Load, leaves_the_variables_of_test_programs_alone) {
    EXPECT_TRUE(problems({{"SHOP_TEST_POSTGRES", "x"}, {"SHOPPING", "x"}}).empty());
}

TEST(Load, never_quotes_a_secret) {
    const auto found =
        problems({{"SHOP_DATABASE_URL", "mysql://shop:hunter2@db/x"}, {"SHOP_HUNTER", "hunter2"}});
    ASSERT_EQ(found.size(), 2U);
    for (const std::string& problem : found) EXPECT_THAT(problem, testing::Not(HasSubstr("hunter2")));
}

TEST(Load, quotes_only_the_beginning_of_a_long_value_and_no_control_characters) {
    EXPECT_THAT(problems({{"SHOP_WORKERS", "a\n\x1B" + std::string(100, 'b')}}),
                ElementsAre("SHOP_WORKERS must be an integer from 1 to 10, not \"a??" + std::string(57, 'b') +
                            "...\""));
}

TEST(Load, reads_a_secret_from_a_file_without_the_last_line_break) {
    const SecretFile key("sk_live\n");
    const SecretFile url(database + "\r\n");
    const Config config = load<Config>(
        Environment({{"SHOP_PROVIDER_KEY_FILE", key.path()}, {"SHOP_DATABASE_URL_FILE", url.path()}}));
    EXPECT_EQ(config.provider_key->reveal(), "sk_live");
    EXPECT_EQ(config.database_url->text(), database);
}

TEST(Load, refuses_a_secret_given_twice) {
    EXPECT_THAT(problems({{"SHOP_PROVIDER_KEY", "a"}, {"SHOP_PROVIDER_KEY_FILE", "/b"}}),
                ElementsAre("SHOP_PROVIDER_KEY and SHOP_PROVIDER_KEY_FILE must not both be set"));
}

TEST(Load, says_why_a_file_cannot_be_used) {
    const std::string missing = testing::TempDir() + "no-such-secret";
    EXPECT_THAT(problems({{"SHOP_PROVIDER_KEY_FILE", missing}}),
                ElementsAre("SHOP_PROVIDER_KEY_FILE names a file that cannot be read: " + missing +
                            ": No such file or directory"));
    const std::string directory = testing::TempDir();
    EXPECT_THAT(problems({{"SHOP_PROVIDER_KEY_FILE", directory}}),
                ElementsAre("SHOP_PROVIDER_KEY_FILE names a file that cannot be read: " + directory +
                            ": Is a directory"));
    const SecretFile empty("\n");
    EXPECT_THAT(problems({{"SHOP_PROVIDER_KEY_FILE", empty.path()}}),
                ElementsAre("SHOP_PROVIDER_KEY_FILE names an empty file: " + empty.path()));
    const SecretFile large(std::string(64 * 1024 + 1, 'x'));
    EXPECT_THAT(problems({{"SHOP_PROVIDER_KEY_FILE", large.path()}}),
                ElementsAre("SHOP_PROVIDER_KEY_FILE names a file of more than 65536 bytes: " + large.path()));
}

TEST(Load, reads_only_secrets_from_files) {
    EXPECT_THAT(problems({{"SHOP_WORKERS_FILE", "/x"}}),
                ElementsAre("SHOP_WORKERS_FILE is not a known variable; did you mean SHOP_WORKERS?"));
}

TEST(LoadDeathTest, insists_on_the_unit_in_the_name_of_a_duration) {
    EXPECT_DEATH(load<BadName>(Environment()), "a setting in milliseconds has a name that ends in _ms");
}

TEST(Describe, shows_the_effective_configuration_without_secrets) {
    EXPECT_EQ(describe(loaded({{"SHOP_PROVIDER_KEY", "sk_test"}, {"SHOP_HTTP_PORT", "9000"}})),
              "SHOP_LOG_LEVEL=info\n"
              "SHOP_HTTP_HOST=0.0.0.0\n"
              "SHOP_HTTP_PORT=9000\n"
              "SHOP_DATABASE_URL=postgresql://shop:***@db/order_db\n"
              "SHOP_PROVIDER_URL=http://127.0.0.1:8010\n"
              "SHOP_PROVIDER_KEY=***\n"
              "SHOP_WORKERS is not set\n"
              "SHOP_DRAIN_MS=3000\n"
              "SHOP_STRICT=true\n");
}

TEST(Environment, copies_the_variables_of_the_process) {
    ASSERT_EQ(setenv("SHOP_TEST_OF_ENVIRONMENT", "a=b", 1), 0);
    ASSERT_EQ(setenv("SHOP_TEST_EMPTY", "", 1), 0);
    const Environment environment = Environment::process();
    unsetenv("SHOP_TEST_OF_ENVIRONMENT");
    unsetenv("SHOP_TEST_EMPTY");
    ASSERT_NE(environment.find("SHOP_TEST_OF_ENVIRONMENT"), nullptr);
    EXPECT_EQ(*environment.find("SHOP_TEST_OF_ENVIRONMENT"), "a=b");
    EXPECT_EQ(environment.find("SHOP_TEST_EMPTY"), nullptr);
    EXPECT_EQ(environment.find("SHOP_TEST_ABSENT"), nullptr);
}

}  // namespace
}  // namespace platform::config
