#include "services/product-service/app/presentation/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "platform/auth/signer.hpp"
#include "platform/http/client.hpp"
#include "platform/http/server.hpp"
#include "platform/service/bearer.hpp"
#include "services/product-service/tests/product_database.hpp"

namespace shop::product {
namespace {

namespace auth = platform::auth;
namespace http = platform::http;
namespace json = boost::json;
using testing::ElementsAre;

/// One key pair for all tests here, because making one takes a while.
const std::filesystem::path& keys() {
    struct Directory {
        Directory() {
            std::string pattern = (std::filesystem::temp_directory_path() / "product.XXXXXX").string();
            path = mkdtemp(pattern.data());
            auth::generate_key_pair(path, "k1");
        }
        ~Directory() { std::filesystem::remove_all(path); }
        std::filesystem::path path;
    };
    static const Directory directory;
    return directory.path;
}

/// Everything but main and the broker, behind a real socket.
struct RoutesTest : testing::Test, Storage {
    RoutesTest() {
        add_routes(api);
        server.start();
        client.emplace(io,
                       http::ClientConfig{.base_url = "http://127.0.0.1:" + std::to_string(server.port())});
    }

    /// Connections refer to what is destroyed before the io_context, so they end first.
    void TearDown() override {
        client.reset();
        platform::testing::run(io, server.drain(std::chrono::steady_clock::now() + std::chrono::seconds{1}));
    }

    std::string token(std::string role) {
        const auto now = clock.now();
        return signer.sign({.issuer = "test",
                            .audience = "shop-api",
                            .subject = ids.next(),
                            .role = std::move(role),
                            .token_id = ids.next(),
                            .issued_at = now,
                            .expires_at = now + std::chrono::minutes{5}});
    }
    using Extra = std::vector<std::pair<std::string, std::string>>;
    http::ClientResponse send(std::string method, std::string target, json::object body = {},
                              Extra extra = {}) {
        http::ClientRequest request{
            .method = method, .target = "/api/v1" + target, .headers = std::move(extra)};
        request.headers.emplace_back("Authorization", "Bearer " + admin);
        if (method == "POST" || method == "PUT") {
            request.headers.emplace_back("Content-Type", "application/json");
            request.body = json::serialize(body);
        }
        return run(client->send(std::move(request)));
    }
    http::ClientResponse get(std::string target) { return run(client->send({.target = "/api/v1" + target})); }

    json::object mug(std::string slug = "mug", std::string sku = "MUG-1") const {
        return {{"slug", slug},
                {"title", "Mug"},
                {"description", "Holds coffee."},
                {"category_id", category.text()},
                {"variants",
                 {{{"sku", sku},
                   {"price", {{"amount", 1250}, {"currency", "EUR"}}},
                   {"options", {{{"name", "Colour"}, {"value", "Blue"}}}}}}}};
    }
    static json::object with(json::object object, std::string_view member, json::value value) {
        object[member] = std::move(value);
        return object;
    }
    std::string created(json::object product) {
        const auto response = send("POST", "/products", std::move(product));
        EXPECT_EQ(response.status, 201) << response.body;
        return std::string{body_of(response).at("id").as_string()};
    }
    static json::object body_of(const http::ClientResponse& response) {
        return json::parse(response.body).as_object();
    }
    static std::string slug_of(const http::ClientResponse& response) {
        EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json") << response.body;
        const std::string type{body_of(response).at("type").as_string()};
        return std::to_string(response.status) + " " + type.substr(std::string{"/problems/"}.size());
    }
    static std::vector<std::string> pointers_of(const http::ClientResponse& response) {
        std::vector<std::string> pointers;
        const auto problem = body_of(response);
        for (const auto& error : problem.at("errors").as_array())
            pointers.emplace_back(error.at("pointer").as_string());
        return pointers;
    }
    static std::vector<std::string> slugs_of(const http::ClientResponse& response) {
        std::vector<std::string> slugs;
        const auto page = body_of(response);
        for (const auto& item : page.at("items").as_array()) slugs.emplace_back(item.at("slug").as_string());
        return slugs;
    }

    platform::SystemClock clock;
    auth::Verifier verifier{{.public_keys = keys(), .issuer = "test", .audience = "shop-api"}, clock};
    auth::Signer signer{keys() / "k1.pem"};
    http::Api<Ports> api{api_info(), ports, platform::service::bearer(verifier), metrics};
    http::Server server{io, {.host = "127.0.0.1"}, api.handler(), metrics};
    std::optional<http::Client> client;
    std::string admin = token("admin");
};

TEST_F(RoutesTest, a_product_is_created_and_read_by_anyone) {
    const auto response = send("POST", "/products", mug());
    EXPECT_EQ(response.status, 201) << response.body;
    const auto product = body_of(response);
    const std::string id{product.at("id").as_string()};
    EXPECT_EQ(response.headers.find("Location"), "/api/v1/products/" + id);
    EXPECT_EQ(response.headers.find("ETag"), "\"1\"");
    EXPECT_EQ(product.at("version"), 1);
    EXPECT_EQ(product.at("category").at("slug"), "all");
    const auto variant = product.at("variants").at(0).as_object();
    EXPECT_EQ(variant.at("sku"), "MUG-1");
    EXPECT_EQ(variant.at("price"), (json::value{{"amount", 1250}, {"currency", "EUR"}}));
    EXPECT_EQ(variant.at("options"), (json::value{{{"name", "Colour"}, {"value", "Blue"}}}));
    EXPECT_EQ(variant.at("status"), "published");

    const auto read = get("/products/" + id);
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.headers.find("ETag"), "\"1\"");
    EXPECT_EQ(body_of(read), product);
    EXPECT_EQ(body_of(get("/products/" + id)), product) << "the second answer comes from the cache";
}

TEST_F(RoutesTest, a_product_is_replaced_by_version_or_etag_and_read_anew) {
    const auto id = created(mug());
    get("/products/" + id);
    auto response = send("PUT", "/products/" + id, with(with(mug(), "version", 1), "title", "Cup"));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.headers.find("ETag"), "\"2\"");
    EXPECT_EQ(body_of(get("/products/" + id)).at("title"), "Cup");
    response = send("PUT", "/products/" + id, with(mug(), "title", "Beaker"), {{"If-Match", "\"2\""}});
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(body_of(response).at("version"), 3);
}

TEST_F(RoutesTest, a_deleted_product_is_gone_at_once) {
    const auto id = created(mug());
    get("/products/" + id);
    EXPECT_EQ(send("DELETE", "/products/" + id).status, 204);
    EXPECT_EQ(slug_of(get("/products/" + id)), "404 product-not-found");
    EXPECT_EQ(slug_of(send("DELETE", "/products/" + id)), "404 product-not-found");
}

TEST_F(RoutesTest, drafts_are_seen_by_administrators_only) {
    auto draft = mug();
    draft["variants"].at(0).as_object()["status"] = "draft";
    const auto id = created(draft);
    EXPECT_EQ(slug_of(get("/products/" + id)), "404 product-not-found");
    EXPECT_EQ(slug_of(get("/products/" + id + "/all-variants")), "401 unauthenticated");
    const auto whole = send("GET", "/products/" + id + "/all-variants");
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(body_of(whole).at("variants").at(0).at("status"), "draft");
}

TEST_F(RoutesTest, products_come_in_pages) {
    for (const auto* slug : {"a", "b", "c"}) created(mug(slug, std::string("SKU-") + slug));
    auto page = get("/products?limit=2");
    EXPECT_THAT(slugs_of(page), ElementsAre("a", "b"));
    const std::string next{body_of(page).at("next").as_string()};
    page = get("/products?limit=2&after=" + next);
    EXPECT_THAT(slugs_of(page), ElementsAre("c"));
    EXPECT_FALSE(body_of(page).contains("next"));
    EXPECT_THAT(slugs_of(get("/products?category=all")), ElementsAre("a", "b", "c"));
    EXPECT_THAT(slugs_of(get("/products?category=other")), ElementsAre());
}

TEST_F(RoutesTest, skus_are_read_in_one_go) {
    const auto id = created(mug());
    const auto response = get("/products/by-sku?skus=NONE,MUG-1");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(body_of(response), (json::object{{"items",
                                                {{{"sku", "MUG-1"},
                                                  {"product_id", id},
                                                  {"version", 1},
                                                  {"price", {{"amount", 1250}, {"currency", "EUR"}}},
                                                  {"title", "Mug (Blue)"},
                                                  {"status", "published"}}}}}));
    for (const std::string bad : {"", "?skus=", "?skus=A,,B", "?skus=A%20B", "?skus=A&skus=B", "?sku=A"})
        EXPECT_EQ(slug_of(get("/products/by-sku" + bad)), "400 bad-parameters") << bad;
    std::string many = "S0";
    for (int i = 1; i < 50; ++i) many += ",S" + std::to_string(i);
    EXPECT_EQ(get("/products/by-sku?skus=" + many).status, 200);
    EXPECT_EQ(slug_of(get("/products/by-sku?skus=" + many + ",S50")), "400 bad-parameters");
}

TEST_F(RoutesTest, categories_make_a_tree) {
    const auto response =
        send("POST", "/categories", {{"slug", "mugs"}, {"name", "Mugs"}, {"parent_id", category.text()}});
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_EQ(body_of(response).at("parent_id").as_string(), category.text());
    EXPECT_THAT(slugs_of(get("/categories")), ElementsAre("all", "mugs"));
}

TEST_F(RoutesTest, everything_wrong_with_a_product_is_named_at_once) {
    auto bad = mug("Mug!", "a b");
    bad["category_id"] = "mugs";
    bad["colour"] = "blue";
    auto& variant = bad["variants"].at(0).as_object();
    variant["price"] = {{"amount", 0}, {"currency", "DEM"}};
    variant["status"] = "deleted";
    const auto response = send("POST", "/products", bad);
    EXPECT_EQ(slug_of(response), "422 validation-failed");
    EXPECT_THAT(pointers_of(response),
                testing::UnorderedElementsAre("#/slug", "#/category_id", "#/colour", "#/variants/0/sku",
                                              "#/variants/0/price/amount", "#/variants/0/price/currency",
                                              "#/variants/0/status"));
}

TEST_F(RoutesTest, every_problem_of_a_product_can_be_met) {
    const auto id = created(mug());
    created(mug("cup", "CUP-1"));
    const auto post = [&](json::object body) { return send("POST", "/products", std::move(body)); };
    const auto put = [&](json::object body, Extra extra = {}) {
        return send("PUT", "/products/" + id, std::move(body), std::move(extra));
    };

    auto response = post(mug("jug", "CUP-1"));
    EXPECT_EQ(slug_of(response), "409 sku-taken");
    EXPECT_EQ(body_of(response).at("detail"), "CUP-1");
    EXPECT_THAT(pointers_of(response), ElementsAre("#/variants/0/sku"));
    EXPECT_EQ(slug_of(put(with(mug("mug", "CUP-1"), "version", 1))), "409 sku-taken");

    EXPECT_EQ(slug_of(post(mug("cup", "JUG-1"))), "409 product-slug-taken");
    EXPECT_EQ(slug_of(put(with(mug("cup"), "version", 1))), "409 product-slug-taken");

    response = post(with(mug("jug", "JUG-1"), "category_id", json::string(ids.next().text())));
    EXPECT_EQ(slug_of(response), "422 category-unknown");
    EXPECT_THAT(pointers_of(response), ElementsAre("#/category_id"));

    auto twins = mug("jug", "JUG-1");
    twins["variants"].as_array().push_back(twins["variants"].at(0));
    response = post(twins);
    EXPECT_EQ(slug_of(response), "422 product-contradictory");
    EXPECT_THAT(pointers_of(response), ElementsAre("#/variants/1/sku", "#/variants/1/options"));

    response = put(mug());
    EXPECT_EQ(slug_of(response), "422 version-missing");
    EXPECT_THAT(pointers_of(response), ElementsAre("#/version"));
    EXPECT_EQ(slug_of(put(with(mug(), "version", 2))), "409 version-outdated");
    for (const char* tag : {"\"2\"", "1", "W/\"1\"", "\"\"", "\"1\", \"2\"", "\"1x\"", "\""})
        EXPECT_EQ(slug_of(put(mug(), {{"If-Match", tag}})), "412 precondition-failed") << tag;

    const auto nowhere = "/products/" + ids.next().text();
    EXPECT_EQ(slug_of(send("PUT", nowhere, with(mug("x", "X"), "version", 1))), "404 product-not-found");
    EXPECT_EQ(slug_of(send("GET", nowhere + "/all-variants")), "404 product-not-found");
    EXPECT_EQ(slug_of(get("/products/not-an-id")), "404 not-found");
    EXPECT_EQ(slug_of(get("/products?limit=0")), "400 bad-parameters");
}

TEST_F(RoutesTest, every_problem_of_a_category_can_be_met) {
    auto response = send("POST", "/categories", {{"slug", "all"}, {"name", "All"}});
    EXPECT_EQ(slug_of(response), "409 category-slug-taken");
    response = send("POST", "/categories", {{"slug", "x"}, {"name", "X"}, {"parent_id", ids.next().text()}});
    EXPECT_EQ(slug_of(response), "422 parent-category-unknown");
    EXPECT_THAT(pointers_of(response), ElementsAre("#/parent_id"));
}

TEST_F(RoutesTest, only_administrators_change_the_catalogue) {
    const auto id = created(mug());
    const auto customer = token("customer");
    for (const auto& [method, target] :
         {std::pair{"POST", std::string("/products")}, std::pair{"PUT", "/products/" + id},
          std::pair{"DELETE", "/products/" + id}, std::pair{"GET", "/products/" + id + "/all-variants"},
          std::pair{"POST", std::string("/categories")}}) {
        http::ClientRequest request{.method = method, .target = "/api/v1" + target};
        EXPECT_EQ(slug_of(run(client->send(request))), "401 unauthenticated") << method << target;
        request.headers.emplace_back("Authorization", "Bearer " + customer);
        EXPECT_EQ(slug_of(run(client->send(request))), "403 forbidden") << method << target;
    }
}

TEST_F(RoutesTest, without_a_database_it_says_so) {
    pool.stop();
    EXPECT_EQ(slug_of(get("/products")), "503 unavailable");
}

TEST_F(RoutesTest, the_document_names_every_route) {
    EXPECT_THAT(api.routes(),
                ElementsAre("DELETE /api/v1/products/{id}", "GET /api/v1/categories", "GET /api/v1/products",
                            "GET /api/v1/products/by-sku", "GET /api/v1/products/{id}",
                            "GET /api/v1/products/{id}/all-variants", "POST /api/v1/categories",
                            "POST /api/v1/products", "PUT /api/v1/products/{id}"));
    EXPECT_EQ(run(client->send({.target = "/openapi.json"})).status, 200);
}

}  // namespace
}  // namespace shop::product
