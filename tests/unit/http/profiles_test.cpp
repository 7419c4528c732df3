// tests/unit/http/profiles_test.cpp: profiles as the API puts, shows, tries and explains them.
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/http/bench.h"

namespace herald::http::profiles_test {
namespace {

constexpr const char* kPath = "/v1/profiles/device/snom";

Request request(const char* method, std::string target, std::string type = {}) {
    Request out{.method = method, .target = std::move(target), .authorization = "Bearer write"};
    out.content_type = std::move(type);
    out.has_length = !out.content_type.empty();
    return out;
}

Answer put(Bench& bench, std::string body, const char* path = kPath) {
    return bench.call("PUT", path, "write", std::move(body));
}

std::string detail(const Answer& answer) {
    return member(answer, "detail");
}

}  // namespace

TEST_CASE("a profile is put, shown, listed and removed") {
    Bench bench;
    const auto made = put(bench,
                          R"({"content_type": "text/xml", "body": "<a/>", "vendor": "snom",
                              "secret": true, "effective_by": 60, "for": "00:04:13:12:AB:34",
                              "management_url": "https://acs.example.com/",
                              "files": [{"name": "logo.txt", "body": "x"}]})");
    CHECK(made.status == 201);
    CHECK(header(made, "ETag") == "\"1\"");

    const auto shown = bench.call("GET", kPath, "write");
    CHECK(shown.status == 200);
    CHECK(header(shown, "ETag") == "\"1\"");
    CHECK(shown.body ==
          R"({"type":"device","name":"snom","content_type":"text/xml","template":true,"size":5,)"
          R"("public":false,"secret":true,"for":"00041312ab34","account":null,"vendor":"snom",)"
          R"("model":null,"version":null,"effective_by":60,)"
          R"("management_url":"https://acs.example.com/","etag":"1","body":"<a/>",)"
          R"("files":[{"name":"logo.txt","content_type":"text/plain","template":true,"size":1,)"
          R"("body":"x"}]})"
          "\n");

    const auto listed =
        bench.call("GET", "/v1/profiles?type=device&limit=5&after=device/a", "read");
    CHECK(listed.status == 200);
    CHECK(bench.admin.state.asked.back() == "profiles device device/a 5");
    CHECK(contains(listed.body, "\"name\":\"snom\""));
    CHECK_FALSE(contains(listed.body, "<a/>"));

    CHECK(put(bench, R"({"body": "<b/>"})").status == 204);
    CHECK(bench.call("DELETE", kPath, "write").status == 204);
    CHECK(bench.call("GET", kPath, "write").status == 404);
    CHECK(bench.call("DELETE", kPath, "write").status == 404);
}

TEST_CASE("what is in profiles is not for readers") {
    Bench bench;
    put(bench, R"({"body": "password=geheim"})");
    CHECK(bench.call("GET", kPath, "read").status == 403);
    CHECK(bench.call("GET", std::string(kPath) + "/body", "read").status == 403);
    CHECK(bench.call("GET", std::string(kPath) + "/preview", "read").status == 403);
    CHECK(bench.call("PUT", kPath, "read", "{}").status == 403);
    CHECK(bench.call("GET", "/v1/profiles", "domain").status == 403);
    CHECK(bench.call("GET", kPath, "domain").status == 403);
}

TEST_CASE("RFC 9110 13.1: a profile is changed as it was read, or not at all") {
    Bench bench;
    auto first = request("PUT", kPath, "application/json");
    first.if_none_match = "*";
    CHECK(bench.send(first, "{}").status == 201);
    CHECK(bench.send(first, "{}").status == 412);
    auto second = request("PUT", kPath, "application/json");
    second.if_match = "\"1\"";
    CHECK(bench.send(second, R"({"body": "2"})").status == 204);
    CHECK(bench.send(second, R"({"body": "3"})").status == 412);
    auto removal = request("DELETE", kPath);
    removal.if_match = "\"1\"";
    CHECK(bench.send(removal).status == 412);
    auto upload = request("PUT", std::string(kPath) + "/body", "text/plain");
    upload.if_match = "\"1\"";
    CHECK(bench.send(upload, "4").status == 412);
    upload.if_match = "\"2\"";
    CHECK(bench.send(upload, "4").status == 204);
    auto reading = request("GET", kPath);
    reading.if_none_match = "\"3\"";
    CHECK(bench.send(reading).status == 304);
}

TEST_CASE("documents of any type are uploaded as they are, and all else stays") {
    Bench bench;
    put(bench, R"({"vendor": "snom", "body": "a"})");
    const std::string image("\x89PNG\0{{\xFF", 8);
    const auto file = std::string(kPath) + "/files/logo.png";
    CHECK(bench.send(request("PUT", file, "image/png"), image).status == 204);
    const auto given = bench.send(request("GET", file));
    CHECK(given.status == 200);
    CHECK(given.type == "image/png");
    CHECK(given.body == image);
    CHECK(bench.send(request("PUT", std::string(kPath) + "/body", "text/xml"), "<b/>").status ==
          204);
    const auto shown = bench.call("GET", kPath, "write");
    CHECK(contains(shown.body, "\"content_type\":\"text/xml\""));
    CHECK(contains(shown.body, "\"vendor\":\"snom\""));
    CHECK(contains(shown.body,
                   "\"name\":\"logo.png\",\"content_type\":\"image/png\","
                   "\"template\":false,\"size\":8,\"body\":null"));
    CHECK(bench.send(request("PUT", std::string(kPath) + "/body", "text/xml"), "{{x}}").status ==
          400);
    CHECK(
        bench.send(request("PUT", std::string(kPath) + "/body?template=false", "text/xml"), "{{x}}")
            .status == 204);
    CHECK(bench.send(request("DELETE", file)).status == 204);
    CHECK(bench.send(request("DELETE", file)).status == 404);
    CHECK(bench.send(request("GET", file)).status == 404);
    CHECK(bench.send(request("PUT", "/v1/profiles/user/new/body", "text/plain"), "x").status ==
          201);
}

TEST_CASE("what cannot be put is refused whole, and says where") {
    Bench bench;
    CHECK(detail(put(bench, R"({"body": "a\n{{device.colour}}"})"))
              .starts_with("\"body\": line 2: there is no variable \"device.colour\""));
    CHECK(detail(put(bench, R"({"body": "{{include device/snom}}"})")) ==
          "\"body\": line 1: device/snom includes itself by this");
    CHECK(put(bench, R"({"bdy": "x"})").status == 400);
    CHECK(put(bench, R"({"public": true, "secret": true})").status == 400);
    CHECK(put(bench, "{}", "/v1/profiles/phone/snom").status == 404);
    CHECK(put(bench, "{}", "/v1/profiles/Device/snom").status == 404);
    CHECK(put(bench, "{}", "/v1/profiles/device/a%2Fb").status == 400);
    CHECK(put(bench, "{}", "/v1/profiles/device/..").status != 201);
    CHECK(bench.call("GET", "/v1/profiles?type=phone", "read").status == 400);
    CHECK(bench.admin.kept_profiles.profiles_now->size() == 0);
    put(bench, "{}", "/v1/profiles/device/common");
    put(bench, R"({"body": "{{include device/common}}"})");
    CHECK(bench.call("DELETE", "/v1/profiles/device/common", "write").status == 409);
}

TEST_CASE("a profile is tried for a device, and explained") {
    Bench bench;
    auto& facts = bench.admin.kept_profiles.facts;
    facts.mac = "00041312ab34";
    facts.vendor = "snom";
    put(bench, R"({"content_type": "text/xml", "body": "<m>{{device.mac}}</m>", "vendor": "snom",
                   "files": [{"name": "f", "body": "{{device.vendor}}"}]})");
    put(bench, R"({"vendor": "Yealink"})", "/v1/profiles/device/other");

    auto made = bench.call("GET", std::string(kPath) + "/preview?device=00:04:13:12:ab:34&model=D7",
                           "write");
    CHECK(made.status == 200);
    CHECK(made.type == "text/xml");
    CHECK(made.body == "<m>00041312ab34</m>");
    CHECK(bench.admin.state.asked.back() == "preview 00:04:13:12:ab:34 D7");
    made = bench.call("GET", std::string(kPath) + "/preview?file=f", "write");
    CHECK(made.body == "snom");
    CHECK(bench.call("GET", std::string(kPath) + "/preview?file=g", "write").status == 404);

    const auto why = bench.call("GET", "/v1/explain/profile?device=alice@example.com", "read");
    CHECK(why.status == 200);
    CHECK(member(why, "profile") == "snom");
    CHECK(contains(why.body, R"({"name":"snom","chosen":true,"matches":true,"differs":null,)"));
    CHECK(contains(why.body,
                   R"({"name":"other","chosen":false,"matches":false,"differs":"vendor",)"));
    CHECK(contains(why.body, R"("device.mac_colons":"00:04:13:12:ab:34")"));
    CHECK(bench.call("GET", "/v1/explain/profile?type=x", "read").status == 400);
}

}  // namespace herald::http::profiles_test
