// tests/unit/packages/winfo_test.cpp: watcher information as documents (RFC 3857, RFC 3858).
#include "packages/winfo.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace herald::packages::winfo_test {
namespace {

constexpr base::WallTime kNow{std::chrono::seconds(1'800'000'000)};

Watcher watcher(std::uint64_t id, std::string_view uri, WatcherStatus status) {
    return {id,
            uri,
            status,
            WatcherEvent::subscribe,
            kNow - std::chrono::seconds(30),
            kNow + std::chrono::seconds(570)};
}

Composed compose(const std::vector<Watcher>& watchers, std::uint64_t since = 0) {
    EventState state{"sip:alice@example.com", {}, kNow};
    state.watchers = watchers;
    return find("presence.winfo")
        ->compose(state, {"application/watcherinfo+xml", "sip:alice@example.com", since});
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

bool has(const Composed& composed, std::string_view part) {
    return composed.document.body.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("RFC 3858 3: a watcher with everything that is known of it, escaped") {
    const auto composed = compose({watcher(7, "sip:b&b@example.com", WatcherStatus::active)});

    CHECK(has(composed, "<watcher-list resource=\"sip:alice@example.com\" package=\"presence\">"));
    CHECK(has(composed,
              "<watcher id=\"w7\" status=\"active\" event=\"subscribe\" duration-subscribed=\"30\" "
              "expiration=\"570\">sip:b&amp;b@example.com</watcher>"));
}

TEST_CASE("RFC 3858 3: durations that are not known are left out, and who it is may be") {
    auto unknown = watcher(7, "", WatcherStatus::pending);
    unknown.since = unknown.expires_at = {};

    CHECK(has(compose({unknown}),
              "<watcher id=\"w7\" status=\"pending\" event=\"subscribe\">"
              "sip:anonymous@anonymous.invalid</watcher>"));
}

TEST_CASE("RFC 3857 4.7.2: who is gone is in a partial document only") {
    const auto gone = watcher(7, "sip:bob@example.com", WatcherStatus::terminated);

    CHECK(!has(compose({gone}), "sip:bob@example.com"));
    CHECK(has(compose({gone}, 5), "state=\"partial\""));
    CHECK(has(compose({gone}, 5), "status=\"terminated\""));
    CHECK(!has(compose({gone}, 5), "expiration"));
}

TEST_CASE("that time passes is no news, that somebody came is") {
    auto later = watcher(7, "sip:bob@example.com", WatcherStatus::active);
    const auto before = compose({later}).fingerprint;
    later.expires_at += std::chrono::seconds(600);

    CHECK(compose({later}).fingerprint == before);
    CHECK(compose({later, watcher(8, "sip:c@example.com", WatcherStatus::pending)}).fingerprint !=
          before);
    CHECK(
        compose({later, watcher(8, "sip:c@example.com", WatcherStatus::terminated)}).fingerprint ==
        before);
}

TEST_CASE("a document lists a thousand watchers, first those who want a decision") {
    std::vector<Watcher> watchers;
    for (std::uint64_t id = 1; id <= 2000; ++id) {
        watchers.push_back(watcher(id, "sip:w@example.com", WatcherStatus::active));
    }
    watchers.push_back(watcher(2001, "sip:w@example.com", WatcherStatus::pending));
    watchers.push_back(watcher(2002, "sip:w@example.com", WatcherStatus::waiting));
    const auto composed = compose(watchers);

    CHECK(count(composed.document.body, "<watcher ") == 1000);
    CHECK(has(composed, "id=\"w2001\""));
    CHECK(has(composed, "id=\"w2002\""));
    CHECK(!has(composed, "id=\"w1000\""));
}

TEST_CASE("RFC 3857 4.1: X.winfo is for the owner and delegates, X.winfo.winfo for the owner") {
    REQUIRE(find("presence.winfo") != nullptr);
    REQUIRE(find("presence.winfo.winfo") != nullptr);

    CHECK(find("presence.winfo")->profile().access == Access::owner);
    CHECK(find("presence.winfo.winfo")->profile().access == Access::owner_alone);
    CHECK(watched_package("presence.winfo.winfo") == "presence");
    CHECK(watched_package("presence") == "presence");
    CHECK(watched_package(".winfo").empty());
    CHECK(find("dialog.winfo") != nullptr);
    CHECK(find("dialog;sla.winfo") == nullptr);
}

}  // namespace herald::packages::winfo_test
