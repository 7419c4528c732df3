// tests/unit/http/bench.h: an Api over a FakeAdmin, asked without sockets.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "http/api.h"
#include "tests/unit/http/described.h"
#include "tests/unit/http/fake_admin.h"

namespace herald::http {

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

inline std::string header(const Answer& answer, std::string_view name) {
    for (const auto& [key, value] : answer.headers) {
        if (key == name) return value;
    }
    return {};
}

inline std::string member(const Answer& answer, std::string_view name) {
    const auto json = parse_json(answer.body);
    if (!json || json->find(name) == nullptr) return {};
    const auto* text = json->find(name)->as<std::string>();
    return text != nullptr ? *text : to_text(*json->find(name));
}

/// An Api over a FakeAdmin, with a token of each role: its name; and two that are good for a domain
/// and a user only.
struct Bench {
    FakeAdmin admin;
    base::Metrics metrics;
    Api api{Context{admin, metrics, "example.com", "1.2.3"},
            {.tokens = {{"r", sha256_hex("read"), "read"},
                        {"w", sha256_hex("write"), "write"},
                        {"a", sha256_hex("admin"), "admin"},
                        {"d", sha256_hex("domain"), "admin", "b.c"},
                        {"u", sha256_hex("user"), "write", "sip:alice@b.c"}},
             .clients = Clients(
                 {{"desk.example.com", "read"}, {"sip:alice@b.c", "write", "sip:alice@b.c"}})}};
    int reads = 0;
    bool is_true_to_life = true;  ///< false: answers are made up that no such request gets

    /// Whatever is answered is as it is described.
    Answer send(Request request, std::string body = {}) {
        auto answer = api.answer(request, [&]() -> Result<std::string> {
            ++reads;
            return body;
        });
        if (!is_true_to_life) return answer;
        const auto complaint = description().complaint(request, answer);
        CHECK_MESSAGE(complaint.empty(), request.method, " ", request.target, ": ", complaint);
        return answer;
    }
    static const Description& description() {
        static const Description described = [] {
            FakeAdmin nobody;
            base::Metrics counted;
            Api asked{Context{nobody, counted, "example.com", "1.2.3"}, {}};
            const auto answer = asked.answer({.method = "GET", .target = "/v1/openapi.json"},
                                             []() -> Result<std::string> { return std::string(); });
            return Description(*parse_json(answer.body));
        }();
        return described;
    }
    Answer call(std::string method, std::string target, std::string token = "admin",
                std::string body = {}) {
        const bool has_body = !body.empty();
        return send({.method = std::move(method),
                     .target = std::move(target),
                     .authorization = token.empty() ? "" : "Bearer " + token,
                     .content_type = has_body ? "application/json" : "",
                     .has_length = has_body},
                    std::move(body));
    }
};

}  // namespace herald::http
