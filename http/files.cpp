// http/files.cpp: the files of profiles, as phones fetch them.
#include "http/files.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/hash128.h"
#include "base/text.h"
#include "http/entity_tags.h"
#include "server/admin/admin_accounts.h"
#include "server/admin/admin_devices.h"
#include "server/provisioning/device_model.h"
#include "server/provisioning/known_device.h"
#include "server/provisioning/pnp_request.h"
#include "sip/digest.h"
#include "sip/fields.h"

namespace herald::http {

namespace {

constexpr std::string_view kLinks = "/p/";
constexpr auto kNonceLife = std::chrono::minutes(5);
/// As of requests by SIP.
constexpr server::Guesses::Rules kGuesses{};
constexpr std::size_t kLongestUserAgent = 200;
constexpr std::array<const char*, kFileOutcomes> kOutcomes{
    "sent",       "part",       "not modified", "unknown path", "unknown token", "expired",
    "superseded", "no profile", "unsafe",       "unauthorized", "refused"};

Answer plain_answer(int status, std::string_view text) {
    return {status, "text/plain; charset=utf-8", std::string(text) + "\n", {}};
}

bool is_fetch(const Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

/// What the device says of itself as an HTTP client.
packages::DeviceFacts facts_of(const PathFacts& path, const Request& request) {
    packages::DeviceFacts facts;
    facts.user_agent = request.user_agent.substr(0, kLongestUserAgent);
    auto told = server::model_of(facts.user_agent);
    facts.mac = path.mac.empty() ? server::mac_in(facts.user_agent) : path.mac;
    facts.vendor = path.vendor.empty() ? std::move(told.vendor) : path.vendor;
    facts.model = path.model.empty() ? std::move(told.model) : path.model;
    facts.version = std::move(told.version);
    return facts;
}

std::string device_of(const packages::DeviceFacts& facts) {
    if (!facts.mac.empty()) return facts.mac;
    return server::key_of_device(facts.aor, {}, facts.instance, facts.user_agent);
}

/// Not the key of links, which is what protects profiles: who chooses a text, as of a template that
/// says what a device says of itself, is told its hash.
base::HashKey key_of_tags(const base::HashKey& key) {
    const auto hash = base::keyed_hash128(key, "file tags");
    return {hash.low, hash.high};
}

bool is_known(const Request& request, const std::string& tag) {
    const auto tags = entity_tags("If-None-Match", request.if_none_match);
    return tags && std::any_of(tags->begin(), tags->end(),
                               [&](const std::string& each) { return each == "*" || each == tag; });
}

FileOutcome outcome_of(int status) {
    switch (status) {
        case 206:
            return FileOutcome::part;
        case 304:
            return FileOutcome::not_modified;
        case 416:
            return FileOutcome::refused;
        default:
            return FileOutcome::sent;
    }
}

/// RFC 9110 14.4, 15.3.7.
void cut(Answer& answer, const ByteRange& range) {
    const auto size = answer.body.size();
    answer.status = 206;
    answer.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                     std::to_string(range.last) + "/" +
                                                     std::to_string(size));
    answer.body = answer.body.substr(range.first, range.last - range.first + 1);
}

Answer not_satisfiable(std::size_t size) {
    auto answer = plain_answer(416, "None of that is there.");
    answer.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
    return answer;
}

/// Whole, in part, or not again (RFC 9110 13.2.2).
Answer as_asked(const Request& request, const std::string& tag, packages::Rendered document) {
    const auto quoted = "\"" + tag + "\"";
    Answer answer{200, std::move(document.content_type), std::move(document.body), {}};
    answer.headers = {{"ETag", quoted}, {"Accept-Ranges", "bytes"}};
    if (!request.if_none_match.empty() && is_known(request, tag)) {
        answer.status = 304;
        answer.type.clear();
        answer.body.clear();
        return answer;
    }
    const bool is_same = request.if_range.empty() || request.if_range == quoted;
    if (request.range.empty() || !is_same) return answer;
    const auto range = range_of(request.range, answer.body.size());
    if (!range) return not_satisfiable(answer.body.size());
    if (*range) cut(answer, **range);
    return answer;
}

}  // namespace

Files::Files(Setup setup, server::Admin& admin, base::Metrics& metrics, const base::Clock& clock)
    : setup_(std::move(setup)),
      admin_(admin),
      clock_(clock),
      patterns_(setup_.plain_paths.begin(), setup_.plain_paths.end()),
      nonces_(setup_.key, "files " + setup_.realm, setup_.run),
      tag_key_(key_of_tags(setup_.key)),
      bytes_(metrics.counter("herald_provisioning_file_bytes_total",
                             "Bytes of profiles sent to devices")) {
    for (std::size_t i = 0; i < kFileOutcomes; ++i) {
        outcomes_[i] = &metrics.counter("herald_provisioning_files_total",
                                        "Requests for profiles, by what became of them",
                                        {{"outcome", kOutcomes[i]}});
    }
}

void Files::count(FileOutcome outcome, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    outcomes_[static_cast<std::size_t>(outcome)]->add();
    bytes_.add(bytes);
}

/// Who asks for what is not his learns nothing of whether it is there.
Answer Files::nothing(FileOutcome why) {
    count(why);
    return plain_answer(404, "There is nothing here.");
}

/// A login is looked up in a shard, and a document takes the longer to make the larger it is.
Service::Next Files::next(const Request& request) const {
    return is_fetch(request) ? Next::hand_over : Next::answer;
}

Answer Files::answer(const Request& request, const ReadBody& /*read*/) {
    if (!is_fetch(request)) {
        count(FileOutcome::refused);
        auto answer = plain_answer(405, "Files are fetched.");
        answer.headers.emplace_back("Allow", "GET, HEAD");
        return answer;
    }
    const auto path = base::split_once(request.target, '?').before;
    if (!is_honest_path(path)) return nothing(FileOutcome::unknown_path);
    return path.starts_with(kLinks) ? linked(request, path.substr(kLinks.size()))
                                    : plain(request, path);
}

Answer Files::linked(const Request& request, std::string_view path) {
    const auto [token, name, found] = base::split_once(path, '/');
    if (!found || name.empty() || name.find('/') != std::string_view::npos)
        return nothing(FileOutcome::unknown_path);
    const auto link = packages::link_in(token, setup_.key);
    if (!link) return nothing(FileOutcome::unknown_token);
    if (link->expires_at <= clock_.wall()) return nothing(FileOutcome::expired);
    auto set = setup_.profiles.now();
    auto profile = set->find(link->type, link->profile);
    if (!profile || set->version_of(*profile) != link->version)
        return nothing(FileOutcome::superseded);
    return deliver(request, {std::move(set), std::move(profile), link->file, link->facts});
}

/// Public ones at once. Where a profile that is not fits the device better, it has to be asked for
/// by somebody.
Answer Files::plain(const Request& request, std::string_view path) {
    std::optional<PathFacts> asked;
    for (const auto& pattern : patterns_) {
        if ((asked = pattern.match(path))) break;
    }
    if (!asked) return nothing(FileOutcome::unknown_path);
    auto facts = facts_of(*asked, request);
    if (!request.authorization.empty()) return plain_to_signer(request, asked->file, facts);
    auto set = setup_.profiles.now();
    auto best = set->choose(packages::ProfileType::device, facts);
    if (!best) return withhold(*set, FileOutcome::no_profile);
    if (!best->is_public) return withhold(*set, FileOutcome::unauthorized);
    return deliver(request, {std::move(set), std::move(best), asked->file, std::move(facts)});
}

/// From who gave no password; the same whatever the device.
Answer Files::withhold(const packages::ProfileSet& set, FileOutcome why) {
    return set.has_private(packages::ProfileType::device) ? challenge(why) : nothing(why);
}

/// Its own user's device alone.
Answer Files::plain_to_signer(const Request& request, std::string file,
                              packages::DeviceFacts facts) {
    const auto signer = signer_of(request, device_of(facts));
    if (!signer.account) return challenge(FileOutcome::unauthorized, signer.is_stale);
    facts.aor = signer.account->aor;
    facts.username = signer.account->username;
    facts.domain = std::string(base::split_once(facts.aor, '@').after);
    auto set = setup_.profiles.now();
    auto best = set->choose(packages::ProfileType::device, facts);
    if (!best) return nothing(FileOutcome::no_profile);
    return deliver(request, {std::move(set), std::move(best), std::move(file), std::move(facts)});
}

std::string Files::entity_tag_of(std::string_view body) const {
    const auto hash = base::keyed_hash128(tag_key_, body);
    return base::to_hex({reinterpret_cast<const char*>(&hash), sizeof hash});
}

Answer Files::deliver(const Request& request, const Wanted& wanted) {
    if (wanted.profile->is_secret && !setup_.is_secure) return nothing(FileOutcome::unsafe);
    auto document = wanted.set->render(*wanted.profile, wanted.file, wanted.facts);
    if (!document) return nothing(FileOutcome::no_profile);
    const auto tag = entity_tag_of(document->body);
    auto answer = as_asked(request, tag, *std::move(document));
    const bool is_sent = request.method == "GET" && answer.status != 416;
    count(outcome_of(answer.status), is_sent ? answer.body.size() : 0);
    // What it has already, it has fetched as well.
    if (is_sent)
        admin_.devices().note_fetch(device_of(wanted.facts), wanted.set->label_of(*wanted.profile));
    return answer;
}

Answer Files::challenge(FileOutcome why, bool is_stale) {
    count(why);
    auto answer = plain_answer(401, "This is for the device it was made for.");
    const auto nonce = nonces_.issue(clock_.wall(), {});
    for (const auto* algorithm : {"SHA-256", "MD5"}) {
        answer.headers.emplace_back("WWW-Authenticate",
                                    "Digest realm=\"" + setup_.realm + "\", nonce=\"" + nonce +
                                        "\", qop=\"auth\", algorithm=" + algorithm +
                                        (is_stale ? ", stale=true" : ""));
    }
    return answer;
}

/// The account of who registered the device and logs in with that name.
std::optional<store::Account> Files::user_of(const std::string& device, std::string_view username) {
    const auto users = admin_.devices().users_of(device);
    for (const auto& aor : users.value_or({})) {
        auto account = admin_.accounts().find(aor);
        if (account && account->realm == setup_.realm && account->username == username)
            return *std::move(account);
    }
    return std::nullopt;
}

/// Whoever guessed too often has to wait, and nobody else: the credentials are not even looked at.
/// Behind a proxy on this machine many are one address.
Files::Signer Files::signer_of(const Request& request, const std::string& device) {
    const auto field = sip::parse_auth(request.authorization);
    if (!field || !base::iequals(field->scheme, "Digest")) return {};
    const auto name = field->parameter("username").value_or(std::string_view());
    const server::Guesses::Try attempt{name, request.peer, request.peer.is_loopback()};
    if (name.empty() || guesses_.wait(attempt, clock_.now()) != 0) return {};
    auto signer = judge(request, *field, device);
    if (signer.account) {
        guesses_.succeeded(attempt, clock_.now());
    } else if (!signer.is_stale) {
        guesses_.failed(attempt, kGuesses, clock_.now());
    }
    return signer;
}

/// RFC 7616 3.4.
Files::Signer Files::judge(const Request& request, const sip::AuthField& field,
                           const std::string& device) {
    const auto part = [&](std::string_view name) {
        return field.parameter(name).value_or(std::string_view());
    };
    const auto name = part("algorithm");
    const auto algorithm = sip::digest_variant_of(name.empty() ? std::string_view("MD5") : name);
    const auto nonce = nonces_.read(part("nonce"));
    const bool is_ours = algorithm && !algorithm->is_session && nonce && part("qop") == "auth" &&
                         part("realm") == setup_.realm && part("uri") == request.target;
    if (!is_ours) return {};
    auto account = user_of(device, part("username"));
    if (!account) return {};
    const auto& ha1 = account->ha1[static_cast<std::size_t>(algorithm->algorithm)];
    const auto expected = sip::digest_response({.algorithm = algorithm->algorithm,
                                                .qop = sip::DigestQop::auth,
                                                .ha1 = ha1,
                                                .method = request.method,
                                                .uri = request.target,
                                                .nonce = part("nonce"),
                                                .nc = part("nc"),
                                                .cnonce = part("cnonce")});
    if (ha1.empty() || !base::equal_in_constant_time(expected, part("response"))) return {};
    const bool is_stale = nonce->run != nonces_.run() || nonce->issued + kNonceLife < clock_.wall();
    return is_stale ? Signer{std::nullopt, true} : Signer{std::move(account), false};
}

Answer Files::answer_unreadable(std::string_view why) {
    count(FileOutcome::refused);
    return plain_answer(400, why);
}
Answer Files::answer_other_version(const Request& /*request*/) {
    count(FileOutcome::refused);
    return plain_answer(505, "HTTP/1.1 is spoken here.");
}
Answer Files::answer_too_many_streams(const Request& /*request*/, TooMany /*readers*/) {
    return nothing(FileOutcome::unknown_path);
}
Answer Files::answer_crowded(const Request& /*request*/) {
    count(FileOutcome::refused);
    auto answer = plain_answer(503, "Busy; try again.");
    answer.headers.emplace_back("Retry-After", "5");
    return answer;
}

}  // namespace herald::http
