// tests/unit/http/files_test.cpp: the files of profiles as phones fetch them.
#include "http/files.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "base/hash128.h"
#include "base/text.h"
#include "server/provisioning/profiles.h"
#include "tests/unit/http/bench.h"

namespace herald::http::files_test {
namespace {

using packages::DeviceProfile;
using packages::ProfileLink;
using packages::ProfileSet;
using packages::ProfileType;

constexpr const char* kMac = "000413231b1c";
constexpr base::HashKey kKey{1, 2};

struct FileBench {
    explicit FileBench(bool is_secure = true, std::vector<std::string> paths = {"/{mac}.cfg"}) {
        files = std::make_unique<Files>(
            Files::Setup{profiles, kKey, std::move(paths), is_secure, "example.com", 7}, admin,
            metrics, clock);
        put("common", [](DeviceProfile&) {});
    }

    template <class Change>
    void put(const std::string& name, Change change) {
        DeviceProfile profile;
        profile.name = name;
        profile.body = {"", "text/plain", "mac={{device.mac}}\n0123456789\n", true, nullptr};
        profile.files = {{"logo.txt", "image/x-logo", "logo", false, nullptr}};
        profile.is_public = true;
        profile.revision = ++revision;
        change(profile);
        auto finished = packages::finished(std::move(profile));
        REQUIRE(finished.has_value());
        auto set = ProfileSet::with(*profiles.now(), *finished);
        REQUIRE(set.has_value());
        profiles.replace(*set);
    }
    ProfileLink link(const std::string& name = "common") {
        const auto set = profiles.now();
        const auto profile = set->find(ProfileType::device, name);
        ProfileLink link;
        link.profile = name;
        link.version = set->version_of(*profile);
        link.expires_at = clock.wall() + std::chrono::hours(1);
        link.facts.mac = kMac;
        return link;
    }
    std::string path(const ProfileLink& link, const std::string& name = "a.cfg") {
        return "/p/" + packages::token_of(link, kKey) + "/" + name;
    }
    Answer get(const std::string& target, Request request = {}) {
        if (request.method.empty()) request.method = "GET";
        request.target = target;
        return files->answer(request, [] { return Result<std::string>(std::string()); });
    }
    double count(const std::string& outcome) {
        for (const auto& sample : metrics.collect()) {
            if (sample.name == "herald_provisioning_files_total" &&
                sample.labels.front().second == outcome)
                return sample.value;
        }
        return -1;
    }

    FakeAdmin admin;
    base::Metrics metrics;
    base::ManualClock clock;
    server::Profiles profiles;
    std::unique_ptr<Files> files;
    std::uint64_t revision = 0;
};

std::string header_of(const Answer& answer, const std::string& name) {
    for (const auto& [each, value] : answer.headers) {
        if (each == name) return value;
    }
    return "";
}

TEST_CASE("a link leads to the document made for the device, until it expires or changes") {
    FileBench bench;
    const auto link = bench.link();
    const auto answer = bench.get(bench.path(link));

    CHECK(answer.status == 200);
    CHECK(answer.type == "text/plain");
    CHECK(answer.body == "mac=000413231b1c\n0123456789\n");
    REQUIRE(bench.admin.state.fetched.size() == 1);
    CHECK(bench.admin.state.fetched[0].starts_with(std::string(kMac) + " device/common "));
    auto logo = link;
    logo.file = "logo.txt";
    CHECK(bench.get(bench.path(logo, "logo.txt")).body == "logo");
    CHECK(bench.count("sent") == 2);

    const auto earlier = bench.admin.state.fetched[0];
    bench.put("common", [](DeviceProfile& profile) { profile.body.text = "new"; });
    CHECK(bench.get(bench.path(link)).status == 404);
    CHECK(bench.count("superseded") == 1);
    CHECK(bench.get(bench.path(bench.link())).body == "new");
    CHECK(bench.admin.state.fetched.back() != earlier);

    const auto current = bench.link();
    bench.clock.advance(std::chrono::hours(1));
    CHECK(bench.get(bench.path(current)).status == 404);
    CHECK(bench.count("expired") == 1);
}

TEST_CASE("a link that nobody made, or that was changed, leads nowhere") {
    FileBench bench;
    const auto good = bench.path(bench.link());
    for (std::size_t i = 3; i < good.find('/', 3); i += 7) {
        auto bad = good;
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        CHECK(bench.get(bad).status == 404);
    }
    for (const auto* path : {"/p/", "/p/x", "/p//x", "/p/x/", "/p/x/y/z", "/p/AAAA/x"})
        CHECK(bench.get(path).status == 404);
    CHECK(bench.count("sent") == 0);
    CHECK(bench.count("unknown token") > 5);
    CHECK(bench.admin.state.fetched.empty());
}

TEST_CASE("a path that is not what it seems to be is none") {
    FileBench bench(true, {"/{mac}.cfg", "/{model}/{file}"});
    using namespace std::string_literals;
    for (const auto& path :
         {"/../etc/passwd"s, "/..%2fetc/passwd"s, "/%2e%2e/x"s, "/000413231b1c%00.cfg"s,
          "/000413231b1c.cfg/"s, "//000413231b1c.cfg"s, "/./000413231b1c.cfg"s, "/model/../x"s,
          "/model\\x"s, "/.htaccess"s, "/"s, "*"s, ""s, "http://x/000413231b1c.cfg"s,
          "/000413231b1c.cfg\0"s, "/000413231b1cc.cfg"s, "/a/b/c"s}) {
        CAPTURE(path);
        CHECK(bench.get(path).status == 404);
    }
    CHECK(bench.count("sent") == 0);
    CHECK(bench.count("unknown path") >= 15);
}

TEST_CASE("a plain path leads to what is public") {
    FileBench bench(true, {"/{mac}.cfg", "/{model}/{mac}-{file}"});
    CHECK(bench.get("/000413231B1C.cfg").body.starts_with("mac=000413231b1c"));
    CHECK(bench.get("/00-04-13-23-1b-1c.cfg?x=1").status == 200);
    CHECK(bench.get("/T42/000413231b1c-logo.txt").body == "logo");
    CHECK(bench.get("/T42/000413231b1c-none.txt").status == 404);
    CHECK(bench.admin.state.fetched.size() == 3);

    FileBench closed(true, {});
    CHECK(closed.get("/000413231b1c.cfg").status == 404);
}

/// The credentials of a phone that was challenged.
std::string signed_for(const Answer& challenge, const std::string& uri, const std::string& user,
                       const std::string& password) {
    const auto field = sip::parse_auth(header_of(challenge, "WWW-Authenticate"));
    REQUIRE(field.has_value());
    const std::string nonce(*field->parameter("nonce"));
    const auto ha1 = sip::digest_ha1(sip::DigestAlgorithm::sha256, user, "example.com", password);
    const auto response = sip::digest_response({.algorithm = sip::DigestAlgorithm::sha256,
                                                .qop = sip::DigestQop::auth,
                                                .ha1 = ha1,
                                                .method = "GET",
                                                .uri = uri,
                                                .nonce = nonce,
                                                .nc = "00000001",
                                                .cnonce = "c"});
    return "Digest username=\"" + user + "\", realm=\"example.com\", nonce=\"" + nonce +
           "\", uri=\"" + uri + "\", qop=auth, nc=00000001, cnonce=\"c\", algorithm=SHA-256, " +
           "response=\"" + response + "\"";
}

TEST_CASE("a profile that is not public is for its device's own user") {
    FileBench bench;
    bench.put("own", [](DeviceProfile& profile) {
        profile.target = kMac;
        profile.is_public = false;
        profile.body.text = "user={{account.username}}";
    });
    for (const auto* name : {"alice", "bob"}) {
        store::Account account;
        account.aor = std::string("sip:") + name + "@example.com";
        account.username = name;
        account.realm = "example.com";
        account.ha1[1] =
            sip::digest_ha1(sip::DigestAlgorithm::sha256, name, "example.com", "secret");
        bench.admin.state.accounts[account.aor] = account;
    }
    bench.admin.state.device_users[kMac] = {"sip:alice@example.com"};
    const std::string path = "/000413231b1c.cfg";
    const auto as = [&](const std::string& user, const std::string& password) {
        return bench.get(path,
                         {.authorization = signed_for(bench.get(path), path, user, password)});
    };

    const auto challenge = bench.get(path);
    CHECK(challenge.status == 401);
    CHECK(header_of(challenge, "WWW-Authenticate").find("algorithm=SHA-256") != std::string::npos);
    CHECK(as("alice", "secret").body == "user=alice");
    CHECK(as("alice", "wrong").status == 401);
    CHECK(as("bob", "secret").status == 401);
    CHECK(as("nobody", "secret").status == 401);
    auto replayed = signed_for(challenge, path, "alice", "secret");
    CHECK(bench.get("/000413231b1d.cfg", {.authorization = replayed}).status == 401);
    bench.clock.advance(std::chrono::minutes(6));
    const auto stale = bench.get(path, {.authorization = replayed});
    CHECK(stale.status == 401);
    CHECK(header_of(stale, "WWW-Authenticate").find("stale=true") != std::string::npos);
    CHECK(bench.files->next({.method = "GET", .authorization = replayed}) ==
          Service::Next::hand_over);
}

TEST_CASE("a stranger does not learn which devices have a profile") {
    FileBench bench(false, {"/{mac}.cfg", "/{mac}-{file}"});
    const auto asked = [&](const std::string& path, const std::string& authorization = {}) {
        const auto answer = bench.get(path, {.authorization = authorization});
        auto told = std::to_string(answer.status) + "\n" + answer.type + "\n" + answer.body;
        for (const auto& [name, value] : answer.headers) {
            const auto nonce = value.find("nonce=\"");
            const auto end = nonce == std::string::npos ? nonce : value.find('"', nonce + 7);
            told += name + ": " +
                    (end == std::string::npos ? value : value.substr(0, nonce) + value.substr(end));
        }
        return told;
    };
    bench.put("common", [](DeviceProfile& profile) { profile.target = "000413000001"; });
    CHECK(bench.get("/000413231b1c.cfg").status == 404);

    bench.put("own", [](DeviceProfile& profile) {
        profile.is_public = false;
        profile.target = kMac;
    });
    bench.put("secret", [](DeviceProfile& profile) {
        profile.is_public = false;
        profile.is_secret = true;
        profile.target = "000413231b1d";
    });
    const std::string own = "/000413231b1c", secret = "/000413231b1d", none = "/000413231b1e";
    for (const auto* rest : {".cfg", "-logo.txt", "-none.txt"}) {
        CHECK(asked(own + rest) == asked(none + rest));
        CHECK(asked(secret + rest) == asked(none + rest));
        const auto wrong = [&](const std::string& path) {
            return asked(path, signed_for(bench.get(path), path, "alice", "wrong"));
        };
        CHECK(wrong(own + rest) == wrong(none + rest));
    }
    CHECK(bench.get(none + ".cfg").status == 401);
    CHECK(bench.count("no profile") > 0);
}

TEST_CASE("guesses at a password are counted out") {
    FileBench bench;
    bench.put("own", [](DeviceProfile& profile) {
        profile.is_public = false;
        profile.target = kMac;
    });
    store::Account account;
    account.aor = "sip:alice@example.com";
    account.username = "alice";
    account.realm = "example.com";
    account.ha1[1] =
        sip::digest_ha1(sip::DigestAlgorithm::sha256, "alice", "example.com", "secret");
    bench.admin.state.accounts[account.aor] = account;
    bench.admin.state.device_users[kMac] = {account.aor};
    const std::string path = "/000413231b1c.cfg";
    for (int i = 0; i < 30; ++i) {
        bench.get(path, {.authorization = signed_for(bench.get(path), path, "alice", "wrong")});
    }
    const auto good = signed_for(bench.get(path), path, "alice", "secret");
    CHECK(bench.get(path, {.authorization = good}).status == 401);
    bench.clock.advance(std::chrono::seconds(60));
    CHECK(bench.get(path, {.authorization = good}).status == 200);
}

TEST_CASE("who guesses locks no device out") {
    FileBench bench;
    bench.put("own", [](DeviceProfile& profile) {
        profile.is_public = false;
        profile.target = kMac;
    });
    store::Account account;
    account.aor = "sip:alice@example.com";
    account.username = "alice";
    account.realm = "example.com";
    account.ha1[1] =
        sip::digest_ha1(sip::DigestAlgorithm::sha256, "alice", "example.com", "secret");
    bench.admin.state.accounts[account.aor] = account;
    bench.admin.state.device_users[kMac] = {account.aor};
    const std::string path = "/000413231b1c.cfg";
    const auto from = [&](const char* host, const std::string& password) {
        Request request{.authorization = signed_for(bench.get(path), path, "alice", password)};
        request.peer = sip::Endpoint::from(host, 4000).value();
        return bench.get(path, request).status;
    };
    CHECK(from("192.0.2.1", "secret") == 200);
    for (int i = 0; i < 30; ++i) CHECK(from("192.0.2.66", "wrong") == 401);
    CHECK(from("192.0.2.66", "secret") == 401);
    CHECK(from("192.0.2.2", "secret") == 200);
    for (int source = 1; source < 200; ++source)
        from(("198.51.100." + std::to_string(source)).c_str(), "wrong");
    CHECK(from("192.0.2.1", "secret") == 200);
}

TEST_CASE("an entity-tag tells nothing of the key of links") {
    FileBench bench;
    bench.put("echo", [](DeviceProfile& profile) { profile.body.text = "{{device.user_agent}}"; });
    bench.put("common", [](DeviceProfile& profile) { profile.vendor = "nobody's"; });
    // What the cipher of links is made of (packages/profile_link.cpp).
    for (const auto* text : {"profile link 1", "profile link 2"}) {
        const auto answer = bench.get("/000413231b1c.cfg", {.user_agent = text});
        REQUIRE(answer.body == text);
        const auto hash = base::keyed_hash128(kKey, text);
        const auto secret = base::to_hex({reinterpret_cast<const char*>(&hash), sizeof hash});
        CHECK(header_of(answer, "ETag").find(secret) == std::string::npos);
    }
}

TEST_CASE("documents are made where nobody else waits for them") {
    FileBench bench;
    for (const auto* method : {"GET", "HEAD"})
        CHECK(bench.files->next({.method = method}) == Service::Next::hand_over);
    CHECK(bench.files->next({.method = "PUT"}) == Service::Next::answer);
}

TEST_CASE("secret profiles do not go in clear") {
    FileBench clear(false);
    clear.put("common", [](DeviceProfile& profile) {
        profile.is_public = false;
        profile.is_secret = true;
    });
    CHECK(clear.get(clear.path(clear.link())).status == 404);
    CHECK(clear.count("unsafe") == 1);
    FileBench safe(true);
    safe.put("common", [](DeviceProfile& profile) {
        profile.is_public = false;
        profile.is_secret = true;
    });
    CHECK(safe.get(safe.path(safe.link())).status == 200);
}

TEST_CASE("RFC 9110 13: what a phone has already is not sent again") {
    FileBench bench;
    const auto path = bench.path(bench.link());
    const auto tag = header_of(bench.get(path), "ETag");
    CHECK(tag.size() == 34);
    const auto same = bench.get(path, {.if_none_match = "\"x\", " + tag});
    CHECK(same.status == 304);
    CHECK(same.body.empty());
    CHECK(header_of(same, "ETag") == tag);
    CHECK(bench.get(path, {.if_none_match = "\"x\""}).status == 200);
    CHECK(bench.get(path, {.if_none_match = "*"}).status == 304);
    CHECK(bench.admin.state.fetched.size() == 4);
    CHECK(bench.count("not modified") == 2);
}

TEST_CASE("RFC 9110 14: a part of a file") {
    FileBench bench;
    const auto path = bench.path(bench.link());
    const auto whole = bench.get(path);
    const auto part = bench.get(path, {.range = "bytes=4-6"});
    CHECK(part.status == 206);
    CHECK(part.body == "000");
    CHECK(header_of(part, "Content-Range") == "bytes 4-6/28");
    CHECK(bench.get(path, {.range = "bytes=17-"}).body == "0123456789\n");
    CHECK(bench.get(path, {.range = "bytes=-2"}).body == "9\n");
    CHECK(bench.get(path, {.range = "bytes=0-9999"}).body == whole.body);
    const auto beyond = bench.get(path, {.range = "bytes=28-"});
    CHECK(beyond.status == 416);
    CHECK(header_of(beyond, "Content-Range") == "bytes */28");
    for (const auto* odd : {"bytes=5-3", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=a-b"})
        CHECK(bench.get(path, {.range = odd}).status == 200);
    const auto tag = header_of(whole, "ETag");
    CHECK(bench.get(path, {.range = "bytes=0-0", .if_range = tag}).status == 206);
    CHECK(bench.get(path, {.range = "bytes=0-0", .if_range = "\"other\""}).status == 200);
}

TEST_CASE("files are fetched, and nothing else") {
    FileBench bench;
    const auto path = bench.path(bench.link());
    const auto head = bench.get(path, {.method = "HEAD"});
    CHECK(head.status == 200);
    CHECK(head.body.size() == 28);  // for its length
    CHECK(bench.admin.state.fetched.empty());
    for (const auto* method : {"PUT", "POST", "DELETE", "OPTIONS", "TRACE"}) {
        const auto answer = bench.get(path, {.method = method});
        CHECK(answer.status == 405);
        CHECK(header_of(answer, "Allow") == "GET, HEAD");
    }
}

}  // namespace
}  // namespace herald::http::files_test
