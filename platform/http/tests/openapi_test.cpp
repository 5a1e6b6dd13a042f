#include "platform/http/openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "platform/http/tests/shelf.hpp"

namespace platform::http {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OpenApi : public ::testing::Test {
  protected:
    OpenApi() {
        shelf::mount(api);
        document = api.openapi();
    }

    const json::object& operation(std::string_view path, std::string_view method) const {
        return document.at("paths").at(path).at(method).as_object();
    }

    /// Calls `visit` for every object of the document.
    template <class Visit>
    static void walk(const json::value& value, Visit visit) {
        if (const auto* object = value.if_object()) {
            visit(*object);
            for (const auto& member : *object) walk(member.value(), visit);
        } else if (const auto* array = value.if_array()) {
            for (const auto& element : *array) walk(element, visit);
        }
    }

    telemetry::Metrics metrics;
    shelf::Seen seen;
    Api<shelf::Ports> api{{.title = "Shelf", .version = "1.2"}, {seen}, shelf::by_role(), metrics};
    json::value document;
};

TEST_F(OpenApi, says_what_it_describes) {
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    EXPECT_EQ(document.at("info").at("title"), "Shelf");
    EXPECT_EQ(document.at("info").at("version"), "1.2");
}

TEST_F(OpenApi, has_every_route_and_no_other) {
    std::set<std::string> documented;
    for (const auto& path : document.at("paths").as_object())
        for (const auto& method : path.value().as_object()) {
            std::string name(method.key());
            std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
            documented.insert(name + " " + std::string(path.key()));
        }
    const auto routes = api.routes();
    EXPECT_EQ(documented, std::set<std::string>(routes.begin(), routes.end()));
    EXPECT_EQ(routes.size(), 7U);
}

TEST_F(OpenApi, refers_only_to_what_it_defines) {
    const auto& schemas = document.at("components").at("schemas").as_object();
    int references = 0;
    walk(document, [&](const json::object& object) {
        const auto* reference = object.if_contains("$ref");
        if (reference == nullptr) return;
        ++references;
        const std::string prefix = "#/components/schemas/";
        const std::string target(reference->as_string());
        ASSERT_TRUE(target.starts_with(prefix)) << target;
        EXPECT_TRUE(schemas.contains(target.substr(prefix.size()))) << target;
    });
    EXPECT_GT(references, 20);
}

TEST_F(OpenApi, has_unique_operation_ids_and_complete_operations) {
    std::set<std::string> ids;
    for (const auto& path : document.at("paths").as_object())
        for (const auto& [name, value] : path.value().as_object()) {
            const auto& one = value.as_object();
            EXPECT_TRUE(ids.emplace(one.at("operationId").as_string()).second);
            EXPECT_TRUE(one.at("security").is_array());
            for (const auto& response : one.at("responses").as_object()) {
                EXPECT_EQ(response.key().size(), 3U);
                EXPECT_TRUE(response.value().as_object().contains("description"));
            }
        }
    EXPECT_TRUE(ids.contains("post_books_id_remarks"));
    EXPECT_TRUE(ids.contains("get_well_known_shelf_id"));
}

TEST_F(OpenApi, describes_bodies_and_results) {
    const auto& post = operation("/api/v1/books", "post");
    EXPECT_EQ(post.at("summary"), "Puts a book on the shelf");
    EXPECT_EQ(post.at("requestBody").at("required"), true);
    EXPECT_EQ(post.at("requestBody").at("content").at("application/json").at("schema").at("$ref"),
              "#/components/schemas/AddBook");
    const auto& created = post.at("responses").at("201").as_object();
    EXPECT_EQ(created.at("content").at("application/json").at("schema").at("$ref"),
              "#/components/schemas/BookView");
    EXPECT_TRUE(created.at("headers").as_object().contains("Location"));
    EXPECT_EQ(document.at("components").at("schemas").at("AddBook").at("additionalProperties"), false);
    EXPECT_EQ(operation("/api/v1/books/{id}/remarks", "post").at("requestBody").at("required"), false);
    EXPECT_FALSE(
        operation("/api/v1/books/{id}", "delete").at("responses").at("204").as_object().contains("content"));
    EXPECT_THAT(json::serialize(operation("/api/v1/books", "get").at("responses").at("200")),
                HasSubstr("PageOfBookView"));
}

TEST_F(OpenApi, describes_parameters) {
    const auto& post = operation("/api/v1/books", "post").at("parameters").as_array();
    EXPECT_EQ(post.at(0).at("name"), "Idempotency-Key");
    EXPECT_EQ(post.at(0).at("in"), "header");
    EXPECT_EQ(post.at(1).at("name"), "Prefer");
    const auto& list = operation("/api/v1/books", "get").at("parameters").as_array();
    EXPECT_EQ(list.at(0).at("name"), "limit");
    EXPECT_EQ(list.at(0).at("required"), false);
    EXPECT_EQ(list.at(0).at("schema").at("maximum"), 100);
    const auto& one = operation("/api/v1/books/{id}", "get").at("parameters").as_array();
    EXPECT_EQ(one.at(0).at("in"), "path");
    EXPECT_EQ(one.at(0).at("name"), "id");
    EXPECT_EQ(one.at(0).at("schema").at("format"), "uuid");
}

TEST_F(OpenApi, describes_problems_and_access) {
    const auto& post = operation("/api/v1/books", "post");
    std::vector<std::string> statuses;
    for (const auto& response : post.at("responses").as_object()) statuses.emplace_back(response.key());
    EXPECT_THAT(statuses,
                ElementsAre("201", "400", "401", "408", "409", "413", "415", "422", "431", "500", "503"));
    EXPECT_EQ(json::serialize(post.at("responses").at("408").at("x-problems")), R"(["request-timeout"])");
    EXPECT_EQ(json::serialize(post.at("responses").at("503").at("x-problems")),
              R"(["unavailable","overloaded","too-slow"])");
    EXPECT_EQ(json::serialize(post.at("responses").at("409").at("x-problems")), R"(["book-exists"])");
    EXPECT_EQ(json::serialize(post.at("security")), R"([{"bearer":[]}])");
    EXPECT_EQ(json::serialize(operation("/api/v1/books", "get").at("security")), "[]");
    EXPECT_EQ(json::serialize(operation("/api/v1/books/{id}", "delete").at("x-roles")), R"(["admin"])");
    EXPECT_EQ(
        json::serialize(operation("/api/v1/books/{id}", "get").at("responses").at("404").at("x-problems")),
        R"(["book-not-found","not-found"])");
}

}  // namespace
}  // namespace platform::http
