// store/postgres/held_store.cpp: the store while this process has it: a session, and another one in
// the place of one that is lost.
#include "store/postgres/held_store.h"

#include <cstdlib>
#include <utility>

#include "base/log.h"

namespace herald::store {
namespace {

/// Memory and store disagree, and what was answered is gone: only a new start can go on.
[[noreturn]] void end_process(const std::string& shown, std::uint64_t expected,
                              std::uint64_t found) {
    base::log_error("store.went_back", {{"store", shown},
                                        {"acknowledged", expected},
                                        {"found", found},
                                        {"then", "the process ends"}});
    base::log_flush();
    std::abort();
}

}  // namespace

HeldStore::HeldStore(PostgresAddress address, base::Metrics& metrics)
    : address_(std::move(address)),
      reconnects_(
          metrics.counter("herald_store_reconnects_total", "Sessions in place of lost ones")),
      fenced_(metrics.counter("herald_store_fenced_total", "Times another process had the store")) {
}

Result<Session> HeldStore::connect() {
    auto session = Session::open(address_);
    if (!session) return session;
    if (auto good = check_server(*session, address_.is_unsafe_allowed); !good) return good.fault();
    if (auto set = configure(*session); !set) return set.fault();
    return session;
}

Result<Session> HeldStore::open() {
    auto session = connect();
    if (!session) return session;
    const auto tables = session->number(
        "SELECT count(*) FROM pg_class WHERE relname = 'facts' AND relnamespace ="
        " current_schema()::regnamespace");
    if (!tables) return tables.fault();
    if (address_.must_exist && *tables == 0) {
        return Fault{FaultKind::invalid_configuration,
                     "it holds nothing of Herald's, and store.must_exist forbids to begin: does "
                     "store.url name the right database?"};
    }
    return session;
}

Status HeldStore::take(Session& session, const NodeSetup& setup, const NodeTime& now) {
    auto tenure = take_store(session, setup, now);
    if (!tenure) return tenure.fault();
    tenure_ = *tenure;
    return {};
}

Status HeldStore::use(Session session) {
    if (auto prepared = Pipeline::prepare(session); !prepared) return prepared;
    session_ = std::move(session);
    return {};
}

Result<LaneState> HeldStore::reconnect() {
    session_.reset();
    auto session = connect();
    if (!session) return session.fault();
    auto lane = keep_store(*session, tenure_.lane.fence);
    if (!lane) {
        is_fenced_ = lane.fault().kind == FaultKind::conflict;
        return lane;
    }
    const std::uint64_t acknowledged = tenure_.lane.sequence;
    if (lane->sequence != acknowledged && lane->sequence != acknowledged + 1) {
        end_process(address_.shown, acknowledged, lane->sequence);
    }
    if (auto used = use(*std::move(session)); !used) return used.fault();
    reconnects_.add();
    return lane;
}

void HeldStore::drop() {
    session_.reset();
    if (is_fenced_) fenced_.add();
}

Status HeldStore::leave(const base::Clock& clock) {
    Status left = leave_store(*session_, tenure_.member(), clock.wall());
    if (session_->is_lost() && reconnect()) {
        left = leave_store(*session_, tenure_.member(), clock.wall());
    }
    session_.reset();
    return left;
}

}  // namespace herald::store
