// tests/conformance/teller.h: tells a story to a server and says where it goes otherwise.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/conformance/actor.h"
#include "tests/conformance/harness.h"
#include "tests/conformance/in_process.h"
#include "tests/conformance/pattern.h"
#include "tests/conformance/story.h"

namespace herald::conformance {

/// Where a story and the server parted.
struct Mismatch {
    unsigned line = 0;
    std::string text;
};
/// The same of a step, which knows no line.
inline Fault mismatch(std::string text) {
    return {FaultKind::malformed, std::move(text)};
}

/// How a story is told.
struct Telling {
    /// Fails this commit, counted from the first request on; 0: none. The story's expectations
    /// count for nothing then: what counts is that no request whose commit failed is answered 2xx,
    /// and that everything is gone in the end.
    std::uint64_t failing_commit = 0;
    store::Outcome outcome = store::Outcome::unavailable;
    bool is_applied = false;
    /// To whom, and where the actors live: as the story says.
    MakeHarness make = InProcess::make;
    std::string network{kNetwork};
    /// What those speak of whom the story does not say it.
    sip::Protocol protocol = sip::Protocol::udp;
};

class Teller {
public:
    explicit Teller(const Story& story, Telling telling = {});

    /// Tells the whole story, then lets everything run out and looks for what is left over.
    std::optional<Mismatch> tell();
    /// Commits the story made.
    std::uint64_t commits() const noexcept { return commits_; }

private:
    using Action = Status (Teller::*)(const Step&, const Names&);
    struct Sentence {
        std::string_view form;
        Action action;
    };
    static const Sentence kSentences[];

    bool is_tolerant() const noexcept { return telling_.failing_commit != 0; }
    Status take_step(const Step& step);
    void read_setting(const Step& step);
    Status begin();
    std::uint64_t commits_of_run() const;
    void count_commits();
    Status open();

    Status configure(const Step& step, const Names& words);
    Status add_account(const Step& step, const Names& words);
    Status remove_account(const Step& step, const Names& words);
    Status introduce(const Step& step, const Names& words);
    Status name_text(const Step& step, const Names& words);

    Status send(const Step& step, const Names& words);
    Status send_in_dialog(const Step& step, const Names& words);
    Status send_raw(const Step& step, const Names& words);
    Status refresh(const Step& step, const Names& words);
    Status unsubscribe(const Step& step, const Names& words);
    Status repeat(const Step& step, const Names& words);
    Status repeat_by_another_way(const Step& step, const Names& words);
    Status answer_challenge(const Step& step, const Names& words);
    Status answer(const Step& step, const Names& words);
    Status answer_nothing(const Step& step, const Names& words);

    Status receive(const Step& step, const Names& words);
    Status receive_within(const Step& step, const Names& words);
    Status receive_nothing(const Step& step, const Names& words);
    Status count_copies(const Step& step, const Names& words);
    Status compare_unequal(const Step& step, const Names& words);
    Status compare_above(const Step& step, const Names& words);
    Status count_subscriptions(const Step& step, const Names& words);

    Status wait_seconds(const Step& step, const Names& words);
    Status wait_milliseconds(const Step& step, const Names& words);
    Status restart(const Step& step, const Names& words);
    Status restart_later(const Step& step, const Names& words);
    Status crash(const Step& step, const Names& words);
    Status set_clock_ahead(const Step& step, const Names& words);
    Status set_database_clock_ahead(const Step& step, const Names& words);
    Status crash_for(const Step& step, const Names& words);
    Status crash_before_answer(const Step& step, const Names& words);
    Status fail_store(const Step& step, const Names& words);
    Status confuse_store(const Step& step, const Names& words);
    Status heal_store(const Step& step, const Names& words);
    Status fill_queue(const Step& step, const Names& words);
    Status fall_behind(const Step& step, const Names& words);
    Status fall_far_behind(const Step& step, const Names& words);
    Status catch_up(const Step& step, const Names& words);
    Status set_hard_state(const Step& step, const Names& words);
    Status set_mailbox(const Step& step, const Names& words);
    Status remove_hard_state(const Step& step, const Names& words);
    Status put_profile(const Step& step, const Names& words);
    Status refuse_profile(const Step& step, const Names& words);
    Status remove_profile(const Step& step, const Names& words);
    Result<packages::DeviceProfile> profile_of(const Step& step, const Names& words) const;
    Status start_job(const Step& step, const Names& words);
    Status refuse_job(const Step& step, const Names& words);
    Status pause_job(const Step& step, const Names& words);
    Status resume_job(const Step& step, const Names& words);
    Status cancel_job(const Step& step, const Names& words);
    Status count_devices(const Step& step, const Names& words);
    Status set_alias(const Step& step, const Names& words);
    Status remove_alias(const Step& step, const Names& words);
    Status set_rules(const Step& step, const Names& words);
    Status remove_rules(const Step& step, const Names& words);
    Status add_entry(const Step& step, const Names& words);
    Status decide_once(const Step& step, const Names& words);
    Status close_connection(const Step& step, const Names& words);
    Status become_unreachable(const Step& step, const Names& words);
    Status refuse_connections(const Step& step, const Names& words);
    Status move(const Step& step, const Names& words);

    Actor& actor(std::string_view name);
    Actor* actor_at(const sip::Endpoint& peer);
    Result<std::vector<std::string>> filled(const std::vector<std::string>& block) const;
    Status send_draft(Actor& who, Draft draft, const Step& step);
    Status deliver(Actor& who, const std::string& bytes);
    Status check_failed_commit(const Actor& who, const std::string& request, std::uint64_t before);
    bool is_answered_by_story(const Actor& who) const;
    void send_answer(Actor& who, Draft draft, const sip::Flow& flow);

    Status check_received(Actor& who, const Received& message,
                          const std::vector<std::string>& block);
    Status check_line(const sip::Message& message, std::string_view line);
    bool is_as(std::string_view pattern, std::string_view value);
    Status check_same_as_lost(const sip::Message& message) const;
    Status take(Actor& who, std::string_view what, const std::vector<std::string>& block);

    Status collect();
    Status await(const Actor& who);
    Status hear_out();
    Status hush();
    Status expect_silence(base::Instant until);
    bool may_judge_silence() const;
    Status pass(base::Duration time);
    bool answer_everything();
    Status run_out();
    Status put_hard_state(std::string_view package, const std::string& aor, std::string body);
    Status put_alias(const std::string& aor, const std::string& resource);
    Status change_job(std::string_view state);

    const Story& story_;
    Telling telling_;
    std::string toml_;
    std::unique_ptr<Harness> harness_;
    std::deque<Actor> actors_;
    Names names_;
    std::size_t at_ = 0;  ///< index of the step under way
    base::Instant began_{};
    std::string lost_answer_;
    std::uint64_t commits_ = 0;           ///< of earlier runs of the server and, in the end, of all
    std::uint64_t commits_of_start_ = 0;  ///< of this run, before its first request
};

}  // namespace herald::conformance
