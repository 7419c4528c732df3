// store/postgres/pipeline.cpp: one transaction sent at once: a claim, then the statements of a
// batch.
#include "store/postgres/pipeline.h"

#include <cerrno>
#include <initializer_list>
#include <optional>

#include <poll.h>

#include <libpq-fe.h>

namespace herald::store {
namespace {

constexpr int kLookMs = 200;  ///< how often patience is asked while nothing comes
constexpr int kLooks = 15;    ///< and how many times in vain before it counts

constexpr const char* kClaim = "claim";
constexpr const char* kSweepPublications = "sweep_publications";
constexpr const char* kSweepSubscriptions = "sweep_subscriptions";
constexpr const char* kNextSweep = "next_sweep";
constexpr const char* kAskClock = "ask_clock";
constexpr const char* kNoteBeat = "beat";

std::string sweep_sql(std::string_view table) {
    const std::string name(table);
    return "DELETE FROM " + name + " WHERE sequence = ANY (ARRAY(SELECT sequence FROM " + name +
           " WHERE keep_until <= $1 ORDER BY keep_until LIMIT $2))";
}

Status prepare_one(Session& session, const char* name, const std::string& sql) {
    const Answer answer(PQprepare(session.get(), name, sql.c_str(), 0, nullptr));
    if (answer.is_good()) return {};
    Fault fault = fault_of(answer);
    fault.detail = std::string(name) + ": " + fault.detail;
    return fault;
}

/// The statements of one transaction on their way.
class Exchange {
public:
    Exchange(Session& session, const Patience& patience)
        : connection_(session.get()), patience_(patience) {}

    bool begin() { return PQenterPipelineMode(connection_) == 1; }

    bool send(const char* name, std::initializer_list<std::uint64_t> numbers) {
        std::vector<std::string> values;
        for (const std::uint64_t number : numbers) {
            append_big_endian(values.emplace_back(), number, sizeof number);
        }
        std::vector<const std::string*> parameters;
        parameters.reserve(values.size());
        for (const std::string& value : values) parameters.push_back(&value);
        return send(name, parameters);
    }

    bool send(const ArrayStatement& statement, RowBatch::Rows& rows) {
        std::vector<const std::string*> parameters;
        for (ArrayColumn& column : rows.columns) parameters.push_back(&column.bytes());
        return send(statement.name.c_str(), parameters);
    }

    bool sync() { return PQpipelineSync(connection_) == 1; }

    /// The answer to the next statement; nothing where the connection is lost.
    std::optional<Answer> next() {
        auto answer = result();
        if (!answer) return std::nullopt;
        const auto end = result();  // a statement's answers end with none
        if (!end || end->get() != nullptr) return std::nullopt;
        return answer;
    }
    /// Whether the answer to Sync came.
    bool is_synced() {
        const auto answer = result();
        return answer && PQresultStatus(answer->get()) == PGRES_PIPELINE_SYNC;
    }
    bool end() { return PQexitPipelineMode(connection_) == 1; }

private:
    bool send(const char* name, const std::vector<const std::string*>& parameters) {
        std::vector<const char*> values;
        std::vector<int> lengths, formats;
        for (const std::string* parameter : parameters) {
            values.push_back(parameter->data());
            lengths.push_back(static_cast<int>(parameter->size()));
            formats.push_back(1);
        }
        return PQsendQueryPrepared(connection_, name, static_cast<int>(values.size()),
                                   values.data(), lengths.data(), formats.data(), 1) == 1;
    }

    std::optional<Answer> result() {
        while (PQisBusy(connection_) == 1) {
            if (!wait() || PQconsumeInput(connection_) == 0) return std::nullopt;
        }
        return Answer(PQgetResult(connection_));
    }

    bool wait() {
        pollfd socket{.fd = PQsocket(connection_), .events = POLLIN, .revents = 0};
        if (socket.fd < 0) return false;
        for (int looks = 0; looks < kLooks || !patience_.is_over; ++looks) {
            const int ready = ::poll(&socket, 1, kLookMs);
            if (ready > 0) return true;
            if (ready < 0 && errno != EINTR) return false;
        }
        return false;
    }

    PGconn* connection_;
    const Patience& patience_;
};

/// What is sent, in order; the answers come in the same one.
struct Plan {
    std::vector<std::size_t> operations;
    bool has_sweep = false;
};

std::optional<Plan> send_all(Exchange& exchange, const Claim& claim, RowBatch& batch,
                             const Sweep& sweep) {
    Plan plan;
    const auto now = static_cast<std::uint64_t>(claim.now.time_since_epoch().count());
    bool is_sent = exchange.begin() &&
                   exchange.send(kClaim, {1, claim.fence, claim.sequence, now, claim.next_id});
    for (std::size_t i = 0; i < kOperations && is_sent; ++i) {
        auto& rows = batch.rows(static_cast<Operation>(i));
        if (rows.columns.empty()) continue;
        is_sent = exchange.send(array_statements()[i], rows);
        plan.operations.push_back(i);
    }
    if (sweep.limit > 0 && is_sent) {
        plan.has_sweep = true;
        const auto until = static_cast<std::uint64_t>(sweep.now.time_since_epoch().count());
        is_sent = exchange.send(kSweepPublications, {until, sweep.limit}) &&
                  exchange.send(kSweepSubscriptions, {until, sweep.limit}) &&
                  exchange.send(kNextSweep, {});
    }
    if (!is_sent || !exchange.sync()) return std::nullopt;
    return plan;
}

std::vector<std::uint64_t> ids_of(const Answer& answer) {
    std::vector<std::uint64_t> ids;
    for (std::size_t row = 0; row < answer.rows(); ++row) {
        ids.push_back(read_big_endian(
            {PQgetvalue(answer.get(), static_cast<int>(row), 0), sizeof(std::uint64_t)}));
    }
    return ids;
}

/// Notes the first error: what follows it was only skipped.
bool read_answer(const std::optional<Answer>& answer, Executed& executed) {
    if (!answer) {
        executed.trouble = Trouble::lost;
        return false;
    }
    if (answer->is_good() || executed.trouble != Trouble::none) return true;
    executed.trouble = trouble_of(answer->sqlstate());
    executed.reason = answer->reason();
    return true;
}

bool read_sweep(Exchange& exchange, Executed& executed) {
    if (!read_answer(exchange.next(), executed)) return false;
    if (!read_answer(exchange.next(), executed)) return false;
    const auto next = exchange.next();
    if (!read_answer(next, executed)) return false;
    if (executed.trouble != Trouble::none) return true;
    executed.sweep_at = base::WallTime(std::chrono::milliseconds(ids_of(*next).front()));
    return true;
}

Executed read_all(Exchange& exchange, const Plan& plan) {
    Executed executed;
    if (!read_answer(exchange.next(), executed)) return executed;
    for (const std::size_t operation : plan.operations) {
        const auto answer = exchange.next();
        if (!read_answer(answer, executed)) return executed;
        if (array_statements()[operation].can_refuse && executed.trouble == Trouble::none) {
            executed.met[operation] = ids_of(*answer);
        }
    }
    if (plan.has_sweep && !read_sweep(exchange, executed)) return executed;
    if (!exchange.is_synced()) executed.trouble = Trouble::lost;
    return executed;
}

/// The number, of microseconds, that one statement answers.
std::optional<base::Duration> ask_number(Session& session, const Patience& patience,
                                         const char* name,
                                         std::initializer_list<std::uint64_t> parameters) {
    Exchange exchange(session, patience);
    if (!exchange.begin() || !exchange.send(name, parameters) || !exchange.sync())
        return std::nullopt;
    const auto answer = exchange.next();
    if (!answer || !exchange.is_synced() || !exchange.end()) return std::nullopt;
    if (!answer->is_good()) return std::nullopt;
    return base::Duration(static_cast<std::int64_t>(ids_of(*answer).front()));
}

}  // namespace

std::string next_sweep_sql() {
    return "SELECT least((SELECT min(keep_until) FROM publication_marks),"
           " (SELECT min(keep_until) FROM subscription_marks), " +
           std::to_string(base::WallTime::max().time_since_epoch().count()) + ")";
}

Status Pipeline::prepare(Session& session) {
    auto done = prepare_one(session, kClaim, "SELECT herald_claim($1, $2, $3, $4, $5)");
    for (const ArrayStatement& statement : array_statements()) {
        if (done) done = prepare_one(session, statement.name.c_str(), statement.sql);
    }
    if (done) done = prepare_one(session, kSweepPublications, sweep_sql("publication_marks"));
    if (done) done = prepare_one(session, kSweepSubscriptions, sweep_sql("subscription_marks"));
    if (done) done = prepare_one(session, kNextSweep, next_sweep_sql());
    if (done) done = prepare_one(session, kAskClock, kClock);
    if (done) done = prepare_one(session, kNoteBeat, "SELECT herald_beat($1, $2, $3, $4, $5)");
    return done;
}

Executed Pipeline::run(Session& session, const Claim& claim, RowBatch& batch, const Sweep& sweep,
                       const Patience& patience) {
    Exchange exchange(session, patience);
    const auto plan = send_all(exchange, claim, batch, sweep);
    Executed executed;
    executed.trouble = Trouble::lost;
    if (plan) executed = read_all(exchange, *plan);
    // An error that ends the session says what happened, but not what became of the transaction.
    const bool is_usable =
        executed.trouble != Trouble::lost && !session.is_lost() && exchange.end();
    if (!is_usable) executed.trouble = Trouble::lost;
    if (executed.trouble == Trouble::lost && executed.reason.empty()) {
        executed.reason = session.reason();
    }
    return executed;
}

std::optional<base::Duration> Pipeline::beat(Session& session, const Member& member,
                                             const NodeTime& now, const Patience& patience) {
    return ask_number(session, patience, kNoteBeat,
                      {member.node.number, member.node.run, member.fence,
                       static_cast<std::uint64_t>(now.wall.time_since_epoch().count()),
                       static_cast<std::uint64_t>(now.instant.time_since_epoch().count())});
}

std::optional<base::Duration> Pipeline::ask_clock(Session& session, const Patience& patience) {
    return ask_number(session, patience, kAskClock, {});
}

}  // namespace herald::store
