// store/postgres/tenure.cpp: one process at a time has the store: how it takes it, keeps it over
// lost connections, and gives it back.
#include "store/postgres/tenure.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "base/text.h"
#include "store/postgres/renumber.h"
#include "store/postgres/repack.h"
#include "store/row_number.h"
#include "store/rows.h"

namespace herald::store {
namespace {

using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(5);
constexpr auto kPause = std::chrono::milliseconds(100);

constexpr const char* kFacts =
    "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
    " current_setting('synchronous_commit'), current_setting('server_encoding'),"
    " current_setting('server_version_num'), pg_backend_pid()";

constexpr const char* kLock = "SELECT pg_try_advisory_lock('lanes'::regclass::oid::bigint)::int";

// Who has that lock: its session, where it comes from, since when.
constexpr const char* kHolder =
    "SELECT coalesce(host(a.client_addr), 'this machine'), a.pid,"
    " to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
    " FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND l.classid = 0 AND l.objid = 'lanes'::regclass::oid";

constexpr const char* kMe =
    "UPDATE lanes SET backend_pid = pg_backend_pid(), backend_start ="
    " (SELECT (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_activity"
    " WHERE pid = pg_backend_pid()) WHERE id = 1";

constexpr const char* kEndOld =
    "SELECT count(pg_terminate_backend(a.pid, 1000)) FROM pg_stat_activity AS a, lanes AS l"
    " WHERE l.id = 1 AND l.fence = $1 AND a.pid = l.backend_pid AND a.pid <> pg_backend_pid()"
    " AND (extract(epoch FROM a.backend_start) * 1000000)::bigint = l.backend_start";

constexpr const char* kNextId = "SELECT coalesce(max(next_id), 1) FROM lanes";

Fault unsafe(std::string_view setting) {
    return {FaultKind::invalid_configuration,
            std::string(setting) +
                " is off on the PostgreSQL server: what it commits may be lost in a crash. Turn it "
                "on, or add unsafe=true to the URL where that does not matter"};
}

std::string text_of(base::WallTime time) {
    return std::to_string(time.time_since_epoch().count());
}

base::WallTime time_of(std::uint64_t milliseconds) {
    return base::WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds)));
}

/// As text PostgreSQL reads as bytes.
std::string hex_of(const base::HashKey& key) {
    return "\\x" + base::to_hex(bytes_of(key));
}

Result<base::HashKey> key_from(const std::string& hex) {
    return key_of(base::from_hex(std::string_view(hex).substr(std::min<std::size_t>(2, hex.size())))
                      .value_or(std::string()));
}

Status done_or_fault(const Answer& answer) {
    return answer.is_good() ? Status() : Status(fault_of(answer));
}

Status make_facts(Session& session, base::WallTime now) {
    const std::array<std::string, 2> keys{hex_of(base::random_key()), hex_of(base::random_key())};
    auto made = done_or_fault(
        session.query("INSERT INTO facts (id, bucket_key, lasting_key, epoch, is_clean, numbering)"
                      " VALUES (1, $1::bytea, $2::bytea, 0, 1, 1) ON CONFLICT DO NOTHING",
                      keys));
    if (!made) return made;
    const std::array<std::string, 1> time{text_of(now)};
    return done_or_fault(
        session.query("INSERT INTO lanes (id, sequence, alive_at, next_id) VALUES (1, 0, $1, 1)"
                      " ON CONFLICT DO NOTHING",
                      time));
}

Result<Tenure> read_run(Session& session) {
    const auto facts = session.query(
        "SELECT bucket_key, lasting_key,"
        " greatest(epoch, (SELECT max(epoch) FROM cells)), is_clean,"
        " (SELECT max(alive_at) FROM lanes), started_at, unsettled_since FROM facts");
    if (!facts.is_good()) return fault_of(facts);
    const auto next_id = session.number(kNextId);
    if (!next_id) return next_id.fault();
    if (facts.rows() != 1) return Fault{FaultKind::malformed, "facts: there must be one row"};
    const auto buckets = key_from(facts.text(0, 0));
    if (!buckets) return buckets.fault();
    const auto lasting = key_from(facts.text(0, 1));
    if (!lasting) return lasting.fault();
    Tenure tenure;
    tenure.home = {.bucket_key = *buckets,
                   .lasting_key = *lasting,
                   .epoch = static_cast<std::uint32_t>(facts.number(0, 2)),
                   .was_clean = facts.number(0, 3) != 0,
                   .last_alive = time_of(facts.number(0, 4)),
                   .next_id = first_counter(*next_id)};
    tenure.starts = {time_of(facts.number(0, 5)), time_of(facts.number(0, 6))};
    return tenure;
}

Result<LaneState> read_lane(Session& session) {
    const auto lane = session.query("SELECT fence, sequence FROM lanes WHERE id = 1 FOR UPDATE");
    if (!lane.is_good()) return fault_of(lane);
    if (lane.rows() != 1) return Fault{FaultKind::malformed, "lanes: there must be one row"};
    return LaneState{.fence = lane.number(0, 0), .sequence = lane.number(0, 1)};
}

Fault in_use(Session& session) {
    const auto holder = session.query(kHolder);
    std::string who = "another Herald uses this store";
    if (holder.is_good() && holder.rows() > 0) {
        who += " (from " + holder.text(0, 0) + ", PostgreSQL's process " + holder.text(0, 1) +
               ", since " + holder.text(0, 2) + " UTC)";
    }
    return {FaultKind::conflict, who +
                                     ": stop it first; the session of one that died ends within "
                                     "15 seconds"};
}

Status note_start(Session& session, std::uint32_t epoch, base::WallTime now,
                  base::WallTime unsettled_since) {
    const std::array<std::string, 3> values{text_of(now), text_of(unsettled_since),
                                            std::to_string(epoch)};
    return done_or_fault(
        session.query("UPDATE facts SET epoch = $3, is_clean = 0, started_at = $1,"
                      " unsettled_since = $2",
                      values));
}

/// Takes the counters below `next_id` too.
Status raise_fence(Session& session, std::uint64_t next_id) {
    const std::array<std::string, 1> taken{std::to_string(next_id)};
    return done_or_fault(
        session.query("UPDATE lanes SET fence = fence + 1, next_id = $1 WHERE id = 1", taken));
}

Result<Tenure> raise(Session& session, const NodeSetup& setup, NodeTime now) {
    if (auto made = make_facts(session, now.wall); !made) return made.fault();
    auto tenure = read_run(session);
    if (!tenure) return tenure.fault();
    auto lane = read_lane(session);
    if (!lane) return lane.fault();
    ++tenure->home.epoch;
    ++lane->fence;
    tenure->lane = *lane;
    // A machine without a clock of its own may think it is 1970.
    now.wall = std::max(now.wall, tenure->home.last_alive);
    tenure->starts = next_start(tenure->starts, now.wall);
    auto raised = note_start(session, tenure->home.epoch, now.wall, tenure->starts.unsettled_since);
    if (raised) raised = raise_fence(session, end_of_block(tenure->home.next_id));
    if (raised) raised = session.execute(kMe);
    if (!raised) return raised.fault();
    auto node = join_nodes(session, setup, lane->fence, now);
    if (!node) return node.fault();
    tenure->node = *node;
    return tenure;
}

Status check_fence(Session& session, std::uint64_t fence) {
    const auto found = session.number("SELECT fence FROM lanes WHERE id = 1");
    if (!found) return found.fault();
    if (*found == fence) return {};
    return Fault{FaultKind::conflict, "another process took the store over: stop this one"};
}

Result<LaneState> keep(Session& session, std::uint64_t fence) {
    auto lane = read_lane(session);
    if (!lane) return lane;
    if (auto ours = check_fence(session, fence); !ours) return ours.fault();
    // It waits for the standby, where there is one: what is read here survives.
    if (auto mine = session.execute(kMe); !mine) return mine.fault();
    return lane;
}

/// `work` in a transaction that is kept only where it succeeds.
template <class Work>
auto in_kept_transaction(Session& session, Work work) -> decltype(work()) {
    if (auto begun = session.execute("BEGIN"); !begun) return begun.fault();
    auto done = work();
    const auto ended = session.execute(done ? "COMMIT" : "ROLLBACK");
    if (done && !ended) return ended.fault();
    return done;
}

}  // namespace

Status check_server(Session& session, bool is_unsafe_allowed) {
    const auto facts = session.query(kFacts);
    if (!facts.is_good()) return fault_of(facts);
    if (facts.number(0, 5) != session.backend()) {
        return Fault{
            FaultKind::invalid_configuration,
            "a connection pooler answers in place of PostgreSQL: name the server itself in "
            "store.url, for sessions here hold locks and prepared statements"};
    }
    if (facts.number(0, 4) < 140000) {
        return Fault{FaultKind::invalid_configuration,
                     "PostgreSQL 14 or later is needed, this is " + facts.text(0, 4)};
    }
    if (facts.text(0, 3) != "UTF8") {
        return Fault{FaultKind::invalid_configuration,
                     "the database's encoding is " + facts.text(0, 3) +
                         ": create it with ENCODING 'UTF8' TEMPLATE template0"};
    }
    if (is_unsafe_allowed) return {};
    if (facts.text(0, 0) != "on") return unsafe("fsync");
    if (facts.text(0, 1) != "on") return unsafe("full_page_writes");
    const std::string commit = facts.text(0, 2);
    if (commit == "off") return unsafe("synchronous_commit");
    return {};
}

Status configure(Session& session) {
    return session.execute(
        // Plans that look rows up by their numbers, made once.
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
        " SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off;"
        " SET jit = off; SET standard_conforming_strings = on; SET bytea_output = hex;"
        " SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0;"
        // The server notices within seconds that this machine is gone.
        " SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2;"
        " SET tcp_keepalives_count = 3; SET tcp_user_timeout = 10000");
}

Status lock_store(Session& session) {
    const auto end = steady_clock::now() + kPatience;
    for (;;) {
        const auto locked = session.number(kLock);
        if (!locked) return locked.fault();
        if (*locked != 0) return {};
        if (steady_clock::now() >= end) return in_use(session);
        std::this_thread::sleep_for(kPause);
    }
}

Result<Tenure> take_store(Session& session, const NodeSetup& setup, const NodeTime& now) {
    auto packed = in_kept_transaction(session, [&] { return repack(session); });
    if (!packed) return packed.fault();
    auto numbered = in_kept_transaction(session, [&] { return renumber(session); });
    if (!numbered) return numbered.fault();
    return in_kept_transaction(session, [&] { return raise(session, setup, now); });
}

Result<LaneState> keep_store(Session& session, std::uint64_t fence) {
    if (auto ours = check_fence(session, fence); !ours) return ours.fault();
    const std::array<std::string, 1> parameters{std::to_string(fence)};
    (void)session.query(kEndOld, parameters);
    // With the lock the old session is gone for certain: nothing it was sent can still be done.
    if (auto locked = lock_store(session); !locked)
        return Fault{FaultKind::io, locked.fault().detail};
    return in_kept_transaction(session, [&] { return keep(session, fence); });
}

Status adopt_home(Session& session, const Home& home) {
    const std::array<std::string, 4> facts{hex_of(home.bucket_key), hex_of(home.lasting_key),
                                           std::to_string(home.epoch), home.was_clean ? "1" : "0"};
    const std::array<std::string, 2> lane{text_of(home.last_alive), std::to_string(home.next_id)};
    return in_kept_transaction(session, [&]() -> Status {
        auto done = done_or_fault(session.query(
            "UPDATE facts SET bucket_key = $1::bytea, lasting_key = $2::bytea, epoch = $3,"
            " is_clean = $4",
            facts));
        if (!done) return done;
        return done_or_fault(session.query(
            "UPDATE lanes SET alive_at = $1, next_id = greatest(next_id, $2::bigint) WHERE id = 1",
            lane));
    });
}

Status leave_store(Session& session, const Member& member, base::WallTime now) {
    const std::array<std::string, 2> parameters{text_of(now), std::to_string(member.fence)};
    return in_kept_transaction(session, [&]() -> Status {
        const auto noted =
            session.query("UPDATE lanes SET alive_at = $1 WHERE id = 1 AND fence = $2", parameters);
        if (!noted.is_good()) return fault_of(noted);
        if (noted.touched() == 0) return {};
        if (auto left = leave_nodes(session, member.node); !left) return left;
        return session.execute("UPDATE facts SET is_clean = 1");
    });
}

}  // namespace herald::store
