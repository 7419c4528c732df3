// tests/conformance/teller.cpp: tells a story to a server: its sentences, time, the server's fate.
#include "tests/conformance/teller.h"

#include <algorithm>

#include "base/text.h"

namespace herald::conformance {

namespace {

/// Everything a story can set running has run out after this.
constexpr auto kLongestLife = std::chrono::hours(24 * 9);
constexpr auto kRunOutStep = std::chrono::minutes(10);
/// Timers fire up to a tick late; what is due at the end of a wait may come a little after.
constexpr auto kLateness = std::chrono::milliseconds(10);
constexpr auto kEarliness = std::chrono::milliseconds(50);
/// Between two looks at what the server holds.
constexpr auto kPause = std::chrono::milliseconds(10);

constexpr std::string_view kSetting = "config {key} = {value}";

base::Duration seconds(const Names& words) {
    return std::chrono::seconds(base::to_u64(words.at("n")).value_or(0));
}

}  // namespace

// The first form that fits a step says what it means.
const Teller::Sentence Teller::kSentences[] = {
    {kSetting, &Teller::configure},
    {"account {aor} password {password}", &Teller::add_account},
    {"actor {who} is {aor}", &Teller::introduce},
    {"text {name}", &Teller::name_text},

    {"the server restarts", &Teller::restart},
    {"the server restarts after {n} s", &Teller::restart_later},
    {"the server crashes", &Teller::crash},
    {"the server crashes for {n} s", &Teller::crash_for},
    {"the server crashes before it answers", &Teller::crash_before_answer},
    {"the clock is set {n} s ahead", &Teller::set_clock_ahead},
    {"the database's clock is set {n} s ahead", &Teller::set_database_clock_ahead},
    {"the server holds {n} subscriptions", &Teller::count_subscriptions},
    {"the store is unavailable", &Teller::fail_store},
    {"the store does not say", &Teller::confuse_store},
    {"the store works again", &Teller::heal_store},
    {"the store has too much to do", &Teller::fill_queue},
    {"more comes than the server reads", &Teller::fall_behind},
    {"much more comes than the server reads", &Teller::fall_far_behind},
    {"the server reads everything in time", &Teller::catch_up},
    {"an operator sets the mailbox settings of {aor}", &Teller::set_mailbox},
    {"an operator makes {aor} an alias of {resource}", &Teller::set_alias},
    {"an operator removes the alias {aor}", &Teller::remove_alias},
    {"an operator sets the rules of {scope}", &Teller::set_rules},
    {"an operator sets {package} of {aor}", &Teller::set_hard_state},
    {"an operator removes the rules of {scope}", &Teller::remove_rules},
    {"an operator lists {watcher} for {scope} as {list}", &Teller::add_entry},
    {"an operator decides once about {watcher} for {scope}: {list}", &Teller::decide_once},
    {"an operator removes the account {aor}", &Teller::remove_account},
    {"an operator puts the {type} profile {name}", &Teller::put_profile},
    {"an operator may not put the {type} profile {name}", &Teller::refuse_profile},
    {"an operator removes the {type} profile {name}", &Teller::remove_profile},
    {"an operator starts the job {action} for {whom}", &Teller::start_job},
    {"an operator may not start the job {action} for {whom}", &Teller::refuse_job},
    {"an operator pauses the job", &Teller::pause_job},
    {"an operator resumes the job", &Teller::resume_job},
    {"an operator cancels the job", &Teller::cancel_job},
    {"the job has {n} {state}", &Teller::count_devices},
    {"an operator removes {package} of {aor}", &Teller::remove_hard_state},

    {"after {n} s", &Teller::wait_seconds},
    {"after {n} ms", &Teller::wait_milliseconds},
    {"within {n} s {who} receives {what}", &Teller::receive_within},
    {"{who} sends raw", &Teller::send_raw},
    {"{who} sends {method} in the dialog", &Teller::send_in_dialog},
    {"{who} sends {method} {uri}", &Teller::send},
    {"{who} refreshes", &Teller::refresh},
    {"{who} unsubscribes", &Teller::unsubscribe},
    {"{who} repeats", &Teller::repeat},
    {"{who} repeats by another way", &Teller::repeat_by_another_way},
    {"{who} answers the challenge", &Teller::answer_challenge},
    {"{who} answers nothing", &Teller::answer_nothing},
    {"{who} answers {status}", &Teller::answer},
    {"{who} receives nothing", &Teller::receive_nothing},
    {"{who} receives {what}", &Teller::receive},
    {"{who} received it {n} times", &Teller::count_copies},
    {"{who} closes the connection", &Teller::close_connection},
    {"{who} is switched off", &Teller::become_unreachable},
    {"{who} takes no connections", &Teller::refuse_connections},
    {"{who} moves to {host}:{port}", &Teller::move},
    {"{{a}} is not {{b}}", &Teller::compare_unequal},
    {"{{a}} is above {{b}}", &Teller::compare_above},
};

Teller::Teller(const Story& story, Telling telling) : story_(story), telling_(telling) {}

std::optional<Mismatch> Teller::tell() {
    for (const auto& step : story_.steps) read_setting(step);
    for (at_ = 0; at_ < story_.steps.size(); ++at_) {
        const auto& step = story_.steps[at_];
        const auto taken = take_step(step);
        // What would be said about things that never came to be is left unsaid.
        const bool is_pointless =
            !taken && is_tolerant() && taken.fault().kind == FaultKind::not_found;
        if (!taken && !is_pointless) return Mismatch{step.line, taken.fault().detail};
    }
    const unsigned last_line = story_.steps.empty() ? story_.line : story_.steps.back().line;
    if (!harness_) return Mismatch{last_line, "a story in which nothing happens"};
    if (auto silent = hush(); !silent) {
        return Mismatch{last_line, "left over: " + silent.fault().detail};
    }
    count_commits();
    if (auto ended = run_out(); !ended) return Mismatch{last_line, ended.fault().detail};
    if (auto seen = harness_->finish(); !seen) return Mismatch{last_line, seen.fault().detail};
    return std::nullopt;
}

Status Teller::take_step(const Step& step) {
    for (const auto& sentence : kSentences) {
        Names words;
        if (matches(sentence.form, step.text, words)) return (this->*sentence.action)(step, words);
    }
    return mismatch("no such sentence: " + step.text);
}

/// Settings count from the start, wherever they stand.
void Teller::read_setting(const Step& step) {
    Names words;
    if (matches(kSetting, step.text, words)) {
        toml_ += words.at("key") + " = " + words.at("value") + "\n";
    }
}

Status Teller::configure(const Step&, const Names&) {
    return {};
}

/// The server starts with the first step that needs it.
Status Teller::begin() {
    if (harness_) return {};
    const bool is_durable =
        std::any_of(story_.steps.begin(), story_.steps.end(), [](const Step& step) {
            return step.text.starts_with("the server restarts") ||
                   step.text.starts_with("the server crashes");
        });
    auto made = telling_.make(toml_, is_durable);
    if (!made) return made.fault();
    harness_ = *std::move(made);
    for (const auto& who : actors_) {
        if (auto is_there = harness_->inhabit(who.at); !is_there) return is_there;
    }
    began_ = harness_->now();
    return open();
}

Status Teller::open() {
    if (auto started = harness_->start(); !started) return started;
    commits_of_start_ = commits_of_run();
    if (telling_.failing_commit > commits_) {
        harness_->store()->fail({.first = commits_of_start_ + telling_.failing_commit - commits_,
                                 .outcome = telling_.outcome,
                                 .is_applied = telling_.is_applied});
    }
    for (auto& who : actors_) who.flow.reset();
    return collect();
}

/// Of the server that runs, where its store counts them.
std::uint64_t Teller::commits_of_run() const {
    return harness_->store() ? harness_->store()->commits() : 0;
}

/// Before the end of a run.
void Teller::count_commits() {
    commits_ += commits_of_run() - commits_of_start_;
}

Status Teller::add_account(const Step& step, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    store::Account account;
    account.aor = words.at("aor");
    account.username = base::split_once(base::split_once(account.aor, ':').after, '@').before;
    for (const auto& line : step.block) {
        const auto [name, text, found] = base::split_once(line, ':');
        const auto value = base::trim(text);
        if (name == "username") account.username = value;
        if (name == "role" && value == "publisher") account.role = store::Account::Role::publisher;
        if (name == "role" && value == "monitor") account.role = store::Account::Role::monitor;
        if (name == "role" && value == "admin") account.role = store::Account::Role::admin;
        if (name == "resource") account.resources.emplace_back(value);
        if (name == "partial dialogs") account.wants_partial_dialogs = true;
        if (name == "package") account.packages.emplace_back(value);
        if (name == "delegate") {
            const auto parts = base::split_once(value, ' ');
            account.delegates.push_back({std::string(parts.before), std::string(parts.after)});
        }
    }
    const auto put = harness_->put_account(std::move(account), words.at("password"));
    return put ? collect() : put;
}

Status Teller::remove_account(const Step&, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    const auto removed = harness_->remove_account(words.at("aor"));
    return removed ? collect() : removed;
}

Status Teller::introduce(const Step& step, const Names& words) {
    auto& who = actor(words.at("who"));
    who.aor = words.at("aor");
    who.username = base::split_once(base::split_once(who.aor, ':').after, '@').before;
    for (const auto& line : step.block) {
        const auto [name, text, found] = base::split_once(line, ':');
        const std::string value(base::trim(text));
        if (name == "over") who.protocol = sip::protocol_of(value).value_or(sip::Protocol::udp);
        if (name == "username") who.username = value;
        if (name == "password") who.password = value;
        if (name == "stands for") who.stands_for = &actor(value);
        if (name == "host") who.at = test::endpoint(value, who.at.port());
    }
    return harness_ ? harness_->inhabit(who.at) : Status();
}

Status Teller::name_text(const Step& step, const Names& words) {
    names_[words.at("name")] = joined(step.block);
    return {};
}

Actor& Teller::actor(std::string_view name) {
    for (auto& who : actors_) {
        if (who.name == name) return who;
    }
    auto& who = actors_.emplace_back(std::string(name),
                                     telling_.network + std::to_string(10 + actors_.size()));
    who.protocol = telling_.protocol;
    // Whoever cannot be there will not hear anything, and the story says so.
    if (harness_) static_cast<void>(harness_->inhabit(who.at));
    return who;
}

Actor* Teller::actor_at(const sip::Endpoint& peer) {
    for (auto& who : actors_) {
        if (sip::same_host(who.at, peer)) return &who;
    }
    return nullptr;
}

Status Teller::wait_seconds(const Step&, const Names& words) {
    return pass(seconds(words));
}

Status Teller::wait_milliseconds(const Step&, const Names& words) {
    return pass(std::chrono::milliseconds(base::to_u64(words.at("n")).value_or(0)));
}

/// Nothing may come before the time is over: a story says exactly when something happens.
Status Teller::pass(base::Duration time) {
    if (auto begun = begin(); !begun) return begun;
    const auto due = harness_->moment() + time;
    if (auto silent = expect_silence(due); !silent) return silent;
    Status seen;
    harness_->pass(time + kLateness, [&] {
        auto collected = collect();
        if (collected && harness_->now() < due - kEarliness) collected = expect_silence(due);
        if (seen && !collected) seen = collected;
    });
    return seen;
}

Status Teller::restart(const Step&, const Names&) {
    harness_->settle();
    count_commits();
    if (auto stopped = harness_->stop(); !stopped) return stopped;
    return open();
}

Status Teller::restart_later(const Step&, const Names& words) {
    harness_->settle();
    count_commits();
    if (auto stopped = harness_->stop(); !stopped) return stopped;
    harness_->pass(seconds(words), [] {});
    return open();
}

Status Teller::crash(const Step&, const Names&) {
    if (auto silent = hush(); !silent) return silent;
    count_commits();
    harness_->crash();
    return open();
}

Status Teller::crash_for(const Step&, const Names& words) {
    if (auto silent = hush(); !silent) return silent;
    count_commits();
    harness_->crash();
    harness_->pass(seconds(words), [] {});
    return open();
}

Status Teller::set_clock_ahead(const Step&, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    harness_->set_clock_ahead(std::chrono::duration_cast<std::chrono::seconds>(seconds(words)));
    return {};
}

Status Teller::set_database_clock_ahead(const Step&, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    harness_->set_database_clock_ahead(
        std::chrono::duration_cast<std::chrono::seconds>(seconds(words)));
    return {};
}

/// What the last step made the server send is lost with it.
Status Teller::crash_before_answer(const Step&, const Names&) {
    lost_answer_.clear();
    const auto has_answer = [](const Actor& who) {
        return !who.inbox.empty() && !who.inbox.front()->is_request();
    };
    while (std::none_of(actors_.begin(), actors_.end(), has_answer) &&
           harness_->hear_more(harness_->patience())) {
        if (auto collected = collect(); !collected) return collected;
    }
    for (auto& who : actors_) {
        if (has_answer(who)) lost_answer_ = who.inbox.front().bytes;
        who.inbox.clear();
    }
    if (lost_answer_.empty() && !is_tolerant()) return mismatch("there was no answer to lose");
    count_commits();
    harness_->crash();
    return open();
}

Status Teller::fail_store(const Step&, const Names&) {
    if (auto begun = begin(); !begun) return begun;
    harness_->store()->fail({.first = 1, .last = UINT64_MAX});
    return {};
}

Status Teller::confuse_store(const Step&, const Names&) {
    if (auto begun = begin(); !begun) return begun;
    harness_->store()->fail({.first = 1, .last = UINT64_MAX, .outcome = store::Outcome::unknown});
    return {};
}

Status Teller::heal_store(const Step&, const Names&) {
    harness_->store()->fail({});
    harness_->store()->pretend_full(false);
    return {};
}

Status Teller::fill_queue(const Step&, const Names&) {
    if (auto begun = begin(); !begun) return begun;
    harness_->store()->pretend_full(true);
    return {};
}

Status Teller::fall_behind(const Step&, const Names&) {
    if (auto begun = begin(); !begun) return begun;
    harness_->pretend_load(sip::Load::high);
    return {};
}

Status Teller::fall_far_behind(const Step&, const Names&) {
    if (auto begun = begin(); !begun) return begun;
    harness_->pretend_load(sip::Load::extreme);
    return {};
}

Status Teller::catch_up(const Step&, const Names&) {
    harness_->pretend_load(sip::Load::normal);
    return {};
}

Status Teller::put_hard_state(std::string_view package, const std::string& aor, std::string body) {
    if (auto begun = begin(); !begun) return begun;
    const auto put = harness_->put_hard_state(package, aor, std::move(body));
    if (!put && !is_tolerant()) return mismatch("refused: " + put.fault().detail);
    return collect();
}

Status Teller::set_hard_state(const Step& step, const Names& words) {
    auto block = filled(step.block);
    if (!block) return block.fault();
    return put_hard_state(words.at("package"), words.at("aor"), test::wire(joined(*block)));
}

/// The block has the lines the store keeps: `member sip:bob@localhost`, `unsolicited yes`.
Status Teller::set_mailbox(const Step& step, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    auto settings = packages::mailbox_settings_from_text(joined(step.block));
    if (!settings) return mismatch(settings.fault().detail);
    const auto put = harness_->put_mailbox_settings(words.at("aor"), *std::move(settings));
    if (!put && !is_tolerant()) return mismatch("refused: " + put.fault().detail);
    return collect();
}

Status Teller::remove_hard_state(const Step&, const Names& words) {
    return put_hard_state(words.at("package"), words.at("aor"), {});
}

Status Teller::put_alias(const std::string& aor, const std::string& resource) {
    if (auto begun = begin(); !begun) return begun;
    const auto put = harness_->put_alias(aor, resource);
    if (!put && !is_tolerant()) return mismatch("refused: " + put.fault().detail);
    return collect();
}

Status Teller::set_rules(const Step& step, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    auto block = filled(step.block);
    if (!block) return block.fault();
    const auto put = harness_->put_rules(words.at("scope"), joined(*block));
    if (!put && !is_tolerant()) return mismatch("refused: " + put.fault().detail);
    return collect();
}

Status Teller::remove_rules(const Step&, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    const auto put = harness_->put_rules(words.at("scope"), {});
    if (!put && !is_tolerant()) return mismatch("refused: " + put.fault().detail);
    return collect();
}

Status Teller::add_entry(const Step&, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    const auto put = harness_->put_entry(words.at("scope"), words.at("list"), words.at("watcher"));
    if (!put && !is_tolerant()) return mismatch("refused: " + put.fault().detail);
    return collect();
}

Status Teller::decide_once(const Step&, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    const auto decided =
        harness_->decide_once(words.at("scope"), words.at("list"), words.at("watcher"));
    if (!decided && !is_tolerant()) return mismatch("refused: " + decided.fault().detail);
    return collect();
}

Status Teller::start_job(const Step&, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    const auto started = harness_->start_job(words.at("action"), words.at("whom"));
    if (!started && !is_tolerant()) return mismatch("refused: " + started.fault().detail);
    return collect();
}

Status Teller::refuse_job(const Step&, const Names& words) {
    if (auto begun = begin(); !begun) return begun;
    const auto started = harness_->start_job(words.at("action"), words.at("whom"));
    if (started && !is_tolerant()) return mismatch("it was started");
    return collect();
}

Status Teller::change_job(std::string_view state) {
    const auto done = harness_->change_job(state);
    if (!done && !is_tolerant()) return mismatch("refused: " + done.fault().detail);
    return collect();
}

Status Teller::pause_job(const Step&, const Names&) {
    return change_job("paused");
}
Status Teller::resume_job(const Step&, const Names&) {
    return change_job("running");
}
Status Teller::cancel_job(const Step&, const Names&) {
    return change_job("cancelled");
}

Status Teller::count_devices(const Step&, const Names& words) {
    const auto wanted = base::to_u64(words.at("n"));
    const auto end = harness_->now() + harness_->patience();
    for (;;) {
        const auto held = harness_->job_devices(words.at("state"));
        if (is_tolerant()) return {};
        if (!held) return held.fault();
        if (*held == wanted) return {};
        if (harness_->now() >= end) return mismatch("the job has " + std::to_string(*held));
        harness_->hear_more(kPause);
        if (auto collected = collect(); !collected) return collected;
    }
}

Status Teller::set_alias(const Step&, const Names& words) {
    return put_alias(words.at("aor"), words.at("resource"));
}

Status Teller::remove_alias(const Step&, const Names& words) {
    return put_alias(words.at("aor"), {});
}

Status Teller::close_connection(const Step&, const Names& words) {
    auto& who = actor(words.at("who"));
    if (!who.flow) return mismatch(who.name + " has no connection");
    harness_->close(*std::exchange(who.flow, std::nullopt));
    return collect();
}

Status Teller::become_unreachable(const Step&, const Names& words) {
    harness_->abandon(actor(words.at("who")).at);
    return collect();
}

Status Teller::refuse_connections(const Step&, const Names& words) {
    harness_->refuse(actor(words.at("who")).at);
    return {};
}

Status Teller::move(const Step&, const Names& words) {
    auto& who = actor(words.at("who"));
    who.at = test::endpoint(words.at("host"),
                            static_cast<std::uint16_t>(base::to_u64(words.at("port")).value_or(0)));
    who.flow.reset();
    return harness_ ? harness_->inhabit(who.at) : Status();
}

Status Teller::count_subscriptions(const Step&, const Names& words) {
    const auto wanted = base::to_u64(words.at("n"));
    const auto end = harness_->now() + harness_->patience();
    for (;;) {
        const auto held = harness_->subscriptions();
        if (!held) return held.fault();
        if (is_tolerant() || *held == wanted) return {};
        if (harness_->now() >= end) return mismatch("the server holds " + std::to_string(*held));
        harness_->hear_more(kPause);
        if (auto collected = collect(); !collected) return collected;
    }
}

/// True: there was something.
bool Teller::answer_everything() {
    bool is_answered = false;
    for (auto& who : actors_) {
        if (who.inbox.empty()) continue;
        auto inbox = std::exchange(who.inbox, {});
        for (const auto& message : inbox) {
            if (!message->is_request()) continue;
            static_cast<void>(who.take_request(message));
            send_answer(who, who.answer("200 OK"), message.flow);
            is_answered = true;
        }
    }
    return is_answered;
}

/// Whoever is left answers politely until everything has run out; then nothing may be held any
/// more.
Status Teller::run_out() {
    if (auto* store = harness_->store()) {
        store->fail({});
        store->pretend_full(false);
    }
    harness_->pretend_load(sip::Load::normal);
    const auto end = harness_->now() + kLongestLife;
    while (auto left = harness_->left_over()) {
        if (harness_->now() >= end) return mismatch("in the end there is left: " + *left);
        Status seen;
        harness_->pass(kRunOutStep, [&] {
            if (auto collected = collect(); !collected && seen) seen = collected;
            if (answer_everything()) harness_->settle();
        });
        if (!seen) return seen;
    }
    return {};
}

}  // namespace herald::conformance
