// tests/conformance/teller_messages.cpp: the sentences of a story about messages: sent, received,
// answered.
#include <algorithm>

#include "base/text.h"
#include "tests/conformance/teller.h"

namespace herald::conformance {

namespace {

constexpr auto kFirstTimer = std::chrono::milliseconds(900);
constexpr std::string_view kLeft = "expires=";
/// The Authorization of who knows that it will be asked for.
constexpr std::string_view kUnasked = "unasked";

/// What stands behind "expires=" in a Subscription-State.
std::optional<std::uint64_t> seconds_left(std::string_view text) {
    const auto at = text.find(kLeft);
    if (at == text.npos) return std::nullopt;
    const auto rest = text.substr(at + kLeft.size());
    return base::to_u64(rest.substr(0, rest.find_first_not_of("0123456789")));
}

/// The first line, to name a message in one.
std::string first_line(std::string_view bytes) {
    return std::string(base::trim(base::split_once(bytes, '\n').before));
}

std::string kind_of(const sip::Message& message) {
    return message.is_request() ? std::string(message.method_text())
                                : std::to_string(message.status());
}

Result<Received> received(Sent sent) {
    auto bytes = sent.bytes;
    const auto framing =
        sip::is_reliable(sent.flow.protocol) ? sip::Framing::stream : sip::Framing::datagram;
    const auto parsed = sip::parse({bytes.data(), bytes.size()}, framing);
    if (parsed.error != sip::ParseOutcome::Error::none) {
        return mismatch(std::string("the server sent what cannot be read (") + parsed.reason +
                        "):\n" + sent.bytes);
    }
    return Received{std::move(sent.bytes), sent.flow, sent.at,
                    std::make_shared<const sip::OwnedMessage>(parsed.message)};
}

std::string to_tag_of(std::string_view bytes) {
    std::string copy(bytes);
    return std::string(
        sip::parse({copy.data(), copy.size()}, sip::Framing::datagram).message.to_tag());
}

}  // namespace

Result<std::vector<std::string>> Teller::filled(const std::vector<std::string>& block) const {
    std::vector<std::string> lines;
    for (const auto& line : block) {
        const auto text = substitute(line, names_);
        if (!text) return text.fault();
        std::string_view rest = *text;
        // A text of several lines stands for all of them.
        do {
            const auto [first, after, found] = base::split_once(rest, '\n');
            lines.emplace_back(first);
            rest = after;
        } while (!rest.empty());
    }
    return lines;
}

Status Teller::send(const Step& step, const Names& words) {
    const auto uri = substitute(words.at("uri"), names_);
    if (!uri) return uri.fault();
    auto& who = actor(words.at("who"));
    return send_draft(who, who.request(words.at("method"), *uri), step);
}

Status Teller::send_in_dialog(const Step& step, const Names& words) {
    auto& who = actor(words.at("who"));
    auto draft = who.in_dialog(words.at("method"));
    if (!draft) return draft.fault();
    return send_draft(who, *std::move(draft), step);
}

Status Teller::refresh(const Step& step, const Names& words) {
    Names with_method = words;
    with_method["method"] = "SUBSCRIBE";
    return send_in_dialog(step, with_method);
}

Status Teller::unsubscribe(const Step& step, const Names& words) {
    auto with_expires = step;
    with_expires.block.insert(with_expires.block.begin(), "Expires: 0");
    return refresh(with_expires, words);
}

Status Teller::send_draft(Actor& who, Draft draft, const Step& step) {
    auto block = filled(step.block);
    if (!block) return block.fault();
    if (auto applied = draft.apply(*block); !applied) return applied;
    if (draft.value("Authorization") == kUnasked) {
        auto is_signed = who.sign(draft);
        if (!is_signed && !is_tolerant()) return is_signed;
    }
    auto bytes = draft.text();
    who.sent(draft, bytes);
    return deliver(who, bytes);
}

Status Teller::send_raw(const Step& step, const Names& words) {
    auto block = filled(step.block);
    if (!block) return block.fault();
    auto& who = actor(words.at("who"));
    const bool has_body = std::find(block->begin(), block->end(), "") != block->end();
    auto bytes = joined(*block);
    if (!has_body) bytes += '\n';
    who.sent_raw(test::wire(bytes));
    return deliver(who, who.last_bytes());
}

Status Teller::repeat(const Step&, const Names& words) {
    auto& who = actor(words.at("who"));
    return deliver(who, who.last_bytes());
}

Status Teller::repeat_by_another_way(const Step&, const Names& words) {
    auto& who = actor(words.at("who"));
    return deliver(who, who.by_another_way());
}

Status Teller::answer_challenge(const Step& step, const Names& words) {
    auto& who = actor(words.at("who"));
    auto draft = who.authenticated();
    if (!draft) return is_tolerant() ? Status() : Status(draft.fault());
    return send_draft(who, *std::move(draft), step);
}

/// Over a stream that is opened where it is not.
Status Teller::deliver(Actor& who, const std::string& bytes) {
    if (auto begun = begin(); !begun) return begun;
    auto flow = harness_->udp(who.at);
    if (who.protocol != sip::Protocol::udp) {
        if (!who.flow) {
            auto opened = harness_->connect(who.at, who.protocol);
            if (!opened) return opened.fault();
            who.flow = *opened;
        }
        flow = *who.flow;
    }
    const auto before = commits_of_run();
    harness_->deliver(bytes, flow);
    if (auto collected = collect(); !collected) return collected;
    return check_failed_commit(who, bytes, before);
}

/// A request whose commit failed must not be granted; one whose fate is unknown must not be
/// answered.
Status Teller::check_failed_commit(const Actor& who, const std::string& request,
                                   std::uint64_t before) {
    if (!is_tolerant() || telling_.failing_commit <= commits_) return {};
    const auto failing = commits_of_start_ + telling_.failing_commit - commits_;
    if (failing <= before || failing > commits_of_run()) return {};
    const auto answer = std::find_if(who.inbox.rbegin(), who.inbox.rend(),
                                     [](const Received& one) { return !one->is_request(); });
    const bool is_unknown = telling_.outcome == store::Outcome::unknown;
    const int status = answer == who.inbox.rend() ? 0 : (*answer)->status();
    if (is_unknown ? status == 0 : status == 503) return {};
    return mismatch("commit " + std::to_string(telling_.failing_commit) +
                    (is_unknown ? " had an unknown outcome" : " was not applied") + ", and " +
                    first_line(request) + " was answered " + std::to_string(status));
}

Status Teller::collect() {
    for (auto& sent : harness_->take()) {
        const auto at = sent.at;
        auto message = received(std::move(sent));
        if (!message) return message.fault();
        auto* who = actor_at(message->flow.peer);
        if (!who) {
            return mismatch("a message to nobody, " + message->flow.peer.to_string() + ":\n" +
                            message->bytes);
        }
        message->at = at;
        if (who->is_new(*message)) who->inbox.push_back(*std::move(message));
    }
    return {};
}

/// Until something has come for `who`, or should have.
Status Teller::await(const Actor& who) {
    if (!harness_) return {};
    const auto end = harness_->now() + harness_->patience();
    while (who.inbox.empty() && harness_->hear_more(end - harness_->now())) {
        if (auto collected = collect(); !collected) return collected;
    }
    return {};
}

/// Until nothing comes any more.
Status Teller::hear_out() {
    if (!harness_) return {};
    harness_->settle();
    do {
        if (auto collected = collect(); !collected) return collected;
    } while (harness_->hear_more(harness_->quiet()));
    return {};
}

/// Nothing more comes that the story does not speak of.
Status Teller::hush() {
    if (auto heard = hear_out(); !heard) return heard;
    return expect_silence(harness_->now());
}

/// No timer of a server that just started makes it send something new so soon. Later, on a busy
/// machine, the story may be told so slowly that what it has after a while is there already.
bool Teller::may_judge_silence() const {
    return harness_->keeps_time() || harness_->now() - began_ < kFirstTimer;
}

Status Teller::expect_silence(base::Instant until) {
    if (!may_judge_silence()) return {};
    for (auto& who : actors_) {
        if (who.inbox.empty()) continue;
        if (is_tolerant()) {
            answer_everything();
            return collect();
        }
        const auto& message = who.inbox.front();
        const auto early = std::chrono::duration<double>(until - message.at).count();
        std::string text = who.name + " received";
        if (early > 0) text += " " + std::to_string(early) + " s too early";
        return mismatch(text + ":\n" + message.bytes);
    }
    return {};
}

Status Teller::receive_nothing(const Step&, const Names& words) {
    const auto& who = actor(words.at("who"));
    if (auto heard = hear_out(); !heard) return heard;
    if (who.inbox.empty() || is_tolerant() || !may_judge_silence()) return {};
    return mismatch(who.name + " received:\n" + who.inbox.front().bytes);
}

Status Teller::receive_within(const Step& step, const Names& words) {
    auto& who = actor(words.at("who"));
    const auto end =
        harness_->now() + std::chrono::seconds(base::to_u64(words.at("n")).value_or(0));
    while (who.inbox.empty() && harness_->now() < end) {
        Status seen;
        harness_->pass(std::chrono::milliseconds(100), [&] {
            if (auto collected = collect(); !collected) seen = collected;
        });
        if (!seen) return seen;
    }
    return receive(step, words);
}

Status Teller::receive(const Step& step, const Names& words) {
    auto& who = actor(words.at("who"));
    if (auto awaited = await(who); !awaited) return awaited;
    return take(who, words.at("what"), step.block);
}

Status Teller::take(Actor& who, std::string_view what, const std::vector<std::string>& block) {
    if (is_tolerant()) {
        // Whatever came is taken, up to what the story waits for.
        while (!who.inbox.empty()) {
            const auto message = who.inbox.front();
            static_cast<void>(check_received(who, message, block));
            if (kind_of(*message) == what || who.inbox.empty()) return {};
        }
        return {};
    }
    if (who.inbox.empty()) return mismatch(who.name + " received nothing");
    const auto message = who.inbox.front();
    if (kind_of(*message) != what) {
        return mismatch(who.name + " received " + kind_of(*message) + ":\n" + message.bytes);
    }
    return check_received(who, message, block);
}

/// Takes the first message out of the inbox, checks it, and answers a request unless the story
/// does.
Status Teller::check_received(Actor& who, const Received& message,
                              const std::vector<std::string>& block) {
    const Received kept = message;
    who.inbox.pop_front();
    if (kept->is_request()) {
        const auto complaint = who.take_request(kept);
        if (!complaint.empty() && !is_tolerant()) return mismatch(complaint + ":\n" + kept.bytes);
    } else {
        who.take_response(kept);
    }
    for (const auto& line : block) {
        auto checked = check_line(*kept, line);
        if (checked || is_tolerant()) continue;
        return mismatch(line + "  <- " + checked.fault().detail + ", but " + who.name +
                        " received:\n" + kept.bytes);
    }
    const bool is_ack = kept->method() == sip::Method::ack;
    if (!kept->is_request() || is_ack || is_answered_by_story(who)) return {};
    send_answer(who, who.answer("200 OK"), kept.flow);
    return collect();
}

bool Teller::is_answered_by_story(const Actor& who) const {
    if (at_ + 1 >= story_.steps.size()) return false;
    const auto& next = story_.steps[at_ + 1].text;
    return next.starts_with(who.name + " answers ") && next != who.name + " answers the challenge";
}

Status Teller::answer_nothing(const Step&, const Names&) {
    return {};
}

Status Teller::answer(const Step& step, const Names& words) {
    auto& who = actor(words.at("who"));
    if (!who.unanswered()) return is_tolerant() ? Status() : mismatch("there is nothing to answer");
    const auto flow = who.unanswered()->flow;
    auto draft = who.answer(words.at("status"));
    auto block = filled(step.block);
    if (!block) return block.fault();
    if (auto applied = draft.apply(*block); !applied) return applied;
    send_answer(who, std::move(draft), flow);
    return collect();
}

/// Answers on a connection that is gone are lost.
void Teller::send_answer(Actor&, Draft draft, const sip::Flow& flow) {
    if (!harness_->is_up() || !harness_->is_open(flow)) return;
    harness_->deliver(draft.text(), flow);
}

Status Teller::check_line(const sip::Message& message, std::string_view line) {
    const auto starts = [&](std::string_view prefix) { return line.starts_with(prefix); };
    const auto after = [&](std::string_view prefix) { return line.substr(prefix.size()); };
    if (line == "no body") return message.body().empty() ? Status() : mismatch("has a body");
    if (line == "the answer that was lost") return check_same_as_lost(message);
    if (starts("body contains ")) {
        const auto wanted = substitute(after("body contains "), names_);
        if (!wanted) return wanted.fault();
        if (message.body().find(*wanted) != std::string_view::npos) return {};
        return mismatch("not in the body");
    }
    if (starts("body lacks ")) {
        const auto unwanted = substitute(after("body lacks "), names_);
        if (!unwanted) return unwanted.fault();
        if (message.body().find(*unwanted) == std::string_view::npos) return {};
        return mismatch("in the body");
    }
    if (starts("reason ")) {
        return matches(after("reason "), message.reason(), names_) ? Status()
                                                                   : mismatch("is not so");
    }
    if (starts("request-uri ")) {
        const bool fits = matches(after("request-uri "), message.request_uri(), names_);
        return fits ? Status() : mismatch("is not so");
    }
    if (starts("no ") && line.find(':') == std::string_view::npos)
        return message.header(after("no ")) ? mismatch("is there") : Status();
    if (starts("no ")) return check_line(message, after("no ")) ? mismatch("is so") : Status();

    const auto [name, pattern, found] = base::split_once(line, ':');
    if (!found) return mismatch("says nothing that can be checked");
    bool is_there = false;
    for (const auto& field : message.fields()) {
        const bool is_named = field.id != sip::Header::other ? field.id == sip::header_of(name)
                                                             : base::iequals(field.name, name);
        if (!is_named) continue;
        is_there = true;
        if (is_as(base::trim(pattern), field.value)) return {};
    }
    return mismatch(is_there ? "is not so" : "is missing");
}

/// Where time is real, what is left of a subscription may be less by the time the story took.
bool Teller::is_as(std::string_view pattern, std::string_view value) {
    if (matches(pattern, value, names_)) return true;
    if (harness_->keeps_time()) return false;
    const auto wanted = seconds_left(pattern);
    const auto given = seconds_left(value);
    const auto took = std::chrono::ceil<std::chrono::seconds>(harness_->now() - began_).count();
    if (!wanted || !given || *given > *wanted) return false;
    if (*wanted - *given > static_cast<std::uint64_t>(took)) return false;
    std::string in_time(value);
    in_time.replace(value.find(kLeft) + kLeft.size(), std::to_string(*given).size(),
                    std::to_string(*wanted));
    return matches(pattern, in_time, names_);
}

/// Same status, tags, entity-tag and expiry as what the crash swallowed.
Status Teller::check_same_as_lost(const sip::Message& message) const {
    auto bytes = lost_answer_;
    const auto lost = sip::parse({bytes.data(), bytes.size()}, sip::Framing::datagram).message;
    if (lost.status() != message.status()) return mismatch("another status");
    if (to_tag_of(lost_answer_) != message.to_tag()) return mismatch("another To tag");
    for (const auto header : {sip::Header::sip_etag, sip::Header::expires, sip::Header::contact}) {
        if (lost.header(header) != message.header(header)) return mismatch("another header value");
    }
    return {};
}

/// Where time is real, one more may have come by now.
Status Teller::count_copies(const Step&, const Names& words) {
    const auto& who = actor(words.at("who"));
    const auto wanted = base::to_u64(words.at("n")).value_or(0);
    const auto end = harness_->now() + harness_->patience();
    while (!harness_->keeps_time() && who.copies() < wanted &&
           harness_->hear_more(end - harness_->now())) {
        if (auto collected = collect(); !collected) return collected;
    }
    if (!harness_->keeps_time() && who.copies() >= wanted) return {};
    if (is_tolerant() || std::to_string(who.copies()) == words.at("n")) return {};
    return mismatch("it came " + std::to_string(who.copies()) + " times");
}

Status Teller::compare_unequal(const Step&, const Names& words) {
    const auto& a = names_[words.at("a")];
    const auto& b = names_[words.at("b")];
    return a != b || is_tolerant() ? Status() : mismatch("both are " + a);
}

Status Teller::compare_above(const Step&, const Names& words) {
    const auto a = base::to_u64(names_[words.at("a")]);
    const auto b = base::to_u64(names_[words.at("b")]);
    if (is_tolerant() || (a && b && *a > *b)) return {};
    return mismatch(names_[words.at("a")] + " is not above " + names_[words.at("b")]);
}

}  // namespace herald::conformance
