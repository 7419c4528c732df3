// tests/unit/server/publish/kept_document_test.cpp: what is remembered of publications that ended,
// how much of it, and for how long (RFC 4235).
#include "server/publish/kept_document.h"

#include <doctest/doctest.h>

#include "tests/unit/server/slow_shard.h"

namespace herald::server::kept_document_test {
namespace {

using packages::Cause;
using packages::Rank;
using std::chrono::seconds;
using store::Outcome;
using testing::header;
using testing::SlowShard;
using Lines = std::vector<std::string>;

const std::string kAlice = "sip:alice@localhost";
const packages::Package& dialogs() {
    return *packages::find("dialog");
}

std::string info(const std::string& call_id, const std::string& state) {
    return "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" "
           "state=\"full\" entity=\"" +
           kAlice + "\"><dialog id=\"1\" call-id=\"" + call_id +
           "\" local-tag=\"l\" remote-tag=\"r\"><state>" + state +
           "</state></dialog></dialog-info>";
}

/// What Alice's PBXs said.
struct Said {
    Resource resource;
    base::WallTime now{seconds(1'000'000)};

    Said() {
        resource.aor = kAlice;
        resource.package = &dialogs();
    }
    Publication& add(const std::string& call_id, const std::string& state, seconds lasts,
                     Rank rank = Rank::published) {
        Publication publication;
        publication.id = resource.publications.size() + 1;
        publication.source = "p" + std::to_string(publication.id);
        publication.rank = rank;
        publication.expires_at = now + lasts;
        publication.document =
            *dialogs().admit({"application/dialog-info+xml", info(call_id, state)});
        return resource.publications.emplace_back(std::move(publication));
    }
    void remember(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            add("old" + std::to_string(i), "terminated", seconds(1), Rank::remembered);
    }
    Surroundings known() const { return {dialogs(), &resource, nullptr, now}; }
    std::optional<Publication> end(const std::string& call_id) {
        const auto ended = add(call_id, "confirmed", seconds(0));
        auto remains = remains_of(ended, Cause::removed, known());
        resource.publications.pop_back();
        return remains;
    }
};

/// A proxy that goes on refreshing a call that a PBX has ended.
struct Missed : SlowShard {
    std::string proxy;
    unsigned requests = 0;
    std::uint64_t mark = 0;  ///< id of what is remembered

    Missed() {
        proxy = accepted("Expires: 3600\n", info("c", "confirmed"));
        const auto pbx = accepted("Expires: 3600\n", info("c", "confirmed"));
        send("Expires: 0\nSIP-If-Match: " + pbx + "\n", {});
        mark = store.oldest<store::PutPublication>().row.id;
        finish();
        pass(seconds(3'000));
        static_cast<void>(sent());
        proxy = accepted("Expires: 3600\nSIP-If-Match: " + proxy + "\n", {});
        // What was remembered so far.
        pass(seconds(606));
    }
    void send(const std::string& lines, const std::string& body) {
        const auto number = std::to_string(++requests);
        receive("PUBLISH " + kAlice + " SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKq" +
                number + "\nFrom: <" + kAlice + ">;tag=a\nTo: <" + kAlice + ">\nCall-ID: q" +
                number + "\nCSeq: 1 PUBLISH\nMax-Forwards: 70\nEvent: dialog\n" + lines +
                "Content-Type: application/dialog-info+xml\nContent-Length: " +
                std::to_string(body.size()) + "\n\n" + body);
    }
    std::string accepted(const std::string& lines, const std::string& body) {
        send(lines, body);
        finish();
        REQUIRE(sent() == Lines{"SIP/2.0 200 OK"});
        return header(message(0), "SIP-ETag");
    }
    /// Whether what is remembered is there.
    bool is_remembered() {
        auto& resources = shard.context().resources;
        auto* publication = resources[resources.find(dialogs(), kAlice)].by_id(mark);
        return publication != nullptr && publication->rank == Rank::remembered;
    }
};

}  // namespace

TEST_CASE("RFC 4235 3.4: what ended is remembered as long as any publication may deny it") {
    Said said;
    CHECK(said.end("c")->expires_at == said.now + dialogs().profile().memory);
    said.add("other", "confirmed", seconds(3600));
    CHECK(said.end("c")->expires_at == said.now + seconds(3600));
    // An operator's call may be there for months.
    said.add("door", "confirmed", seconds(9'000'000), Rank::hard);
    CHECK(said.end("c")->expires_at == said.now + seconds(3600));
}

TEST_CASE("where many calls ended each is remembered for as long as it has to be") {
    Said said;
    said.add("other", "confirmed", seconds(3600));
    said.remember(511);
    CHECK(said.end("c")->expires_at == said.now + seconds(3600));
    said.remember(1);
    CHECK(said.end("c")->expires_at == said.now + dialogs().profile().memory);
}

TEST_CASE("so many ends are remembered, and as many again that somebody has not heard of") {
    Said said;
    said.add("denied", "confirmed", seconds(60));
    said.remember(1023);
    CHECK(said.end("c"));
    said.remember(1);
    CHECK(!said.end("c"));
    CHECK(said.end("denied"));
    said.remember(1024);
    CHECK(!said.end("denied"));
}

TEST_CASE("RFC 4235 3.4: what is remembered goes on while it is denied") {
    Said said;
    const auto mark = said.add("c", "terminated", seconds(0), Rank::remembered);
    const auto memory = dialogs().profile().memory;
    CHECK(!remembered_on_until(mark, said.known()));
    said.add("c", "confirmed", seconds(60));
    CHECK(remembered_on_until(mark, said.known()) == said.now + memory);
    said.add("d", "confirmed", seconds(600));
    CHECK(remembered_on_until(mark, said.known()) == said.now + seconds(600));
    CHECK(!remembered_on_until(said.resource.publications[1], said.known()));
}

TEST_CASE("RFC 4235 3.4: what is remembered on is written, whatever becomes of the first try") {
    for (const auto outcome :
         {Outcome::committed, Outcome::refused, Outcome::unavailable, Outcome::unknown}) {
        CAPTURE(static_cast<int>(outcome));
        Missed server;
        const auto before = server.store.oldest<store::RefreshPublication>();
        CHECK(before.id == server.mark);
        CHECK(before.entity_tag == before.expected_tag);
        CHECK(before.expires_at > server.clock.wall() + seconds(2'000));
        server.finish(outcome);
        if (is_to_be_retried(outcome)) {
            server.pass(kExpiryRetry);
            CHECK(server.store.oldest<store::RefreshPublication>().id == server.mark);
            server.finish();
        }
        CHECK(server.store.held.empty());
        CHECK(server.is_remembered());

        server.pass(seconds(2'000));
        CHECK(server.store.held.empty());
        CHECK(server.is_remembered());
    }
}

TEST_CASE("RFC 4235 3.4: what nobody denies any more is forgotten in its time") {
    Missed server;
    server.finish();
    server.send("Expires: 0\nSIP-If-Match: " + server.proxy + "\n", {});
    server.finish();
    server.pass(seconds(3'000));
    while (!server.store.held.empty()) {
        CHECK(std::holds_alternative<store::RemovePublication>(server.store.held.front().change));
        server.finish();
    }
    CHECK(server.shard.context().resources.find(dialogs(), kAlice) == Resource::kNone);
}

}  // namespace herald::server::kept_document_test
