// store/open.cpp: the store behind a URL.
#include "store/open.h"

#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

#include "store/lane.h"
#include "store/postgres/address.h"
#include "store/postgres/postgres_ledger.h"
#include "store/sqlite/sqlite_ledger.h"
#include "store/store.h"

namespace herald::store {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMemory = "memory:";

/// What the operating system and the databases say rarely names the store.
Fault named(Fault fault, std::string_view place) {
    const auto path = place.substr(place.find(':') + 1);
    if (fault.detail.find(path) == std::string::npos)
        fault.detail = "store " + std::string(place) + ": " + fault.detail;
    return fault;
}
Status named(Status status, std::string_view place) {
    return status ? status : named(status.fault(), place);
}

/// A ledger behind a lane.
class LaneStore final : public Store, public KnowsStarts {
public:
    LaneStore(OpenLedger opened, const StoreOptions& options, std::vector<Token> tokens,
              base::Metrics& metrics)
        : place_(std::move(opened.place)),
          ledger_(std::move(opened.ledger)),
          tokens_(std::move(tokens)),
          lane_(std::make_unique<Lane>(*ledger_, options, metrics)) {}

    const Home& home() const noexcept override { return ledger_->home(); }
    Starts starts() const noexcept override { return ledger_->starts(); }
    Node node() const noexcept override { return ledger_->node(); }
    Status recover(RecoverySink& sink) override { return named(ledger_->recover(sink), place_); }
    std::vector<Token> tokens() const override { return tokens_; }
    std::unique_ptr<Port> attach(base::Loop& loop) override { return lane_->attach(loop); }
    bool is_writable() const noexcept override { return ledger_->is_writable(); }

    Status close() override {
        ledger_->give_up();
        lane_->drain();
        return named(ledger_->close(), place_);
    }

private:
    const std::string place_;
    std::unique_ptr<Ledger> ledger_;
    std::vector<Token> tokens_;
    std::unique_ptr<Lane> lane_;
};

/// Where the URL leads; an empty path for none of SQLite's.
Database::Place place_of(std::string_view url, const StoreOptions& options) {
    if (url == kMemory) return {.path = ":memory:", .vfs = {}};
    if (url.substr(0, kSqlite.size()) != kSqlite) return {};
    return {.path = std::string(url.substr(kSqlite.size())), .vfs = options.vfs};
}

/// For who expects a store that holds something.
Fault is_missing(std::string_view url) {
    return Fault{FaultKind::invalid_configuration,
                 "store " + std::string(url) +
                     " is not there, and store.must_exist forbids to make it: is store.url right, "
                     "the working directory, the disk mounted?"};
}

Result<OpenLedger> open_sqlite(std::string_view url, const StoreOptions& options,
                               base::Metrics& metrics, const base::Clock& clock) {
    Database::Place place = place_of(url, options);
    if (place.path.empty()) {
        return Fault{FaultKind::invalid_configuration,
                     "store: '" + std::string(url) +
                         "' is neither sqlite:<path>, postgresql://<role>@<host>/<database> nor "
                         "memory:"};
    }
    if (options.must_exist && ::access(place.path.c_str(), F_OK) != 0) return is_missing(url);
    auto ledger = SqliteLedger::open(
        {.place = std::move(place), .has_checkpointer = !options.is_inline}, metrics, clock);
    if (!ledger) return named(ledger.fault(), url);
    return OpenLedger{std::string(url), *std::move(ledger)};
}

Result<OpenLedger> open_postgres(std::string_view url, const StoreOptions& options,
                                 base::Metrics& metrics, const base::Clock& clock,
                                 OnDatabaseClock on_clock) {
    auto address = read_address(url);
    if (!address) return Fault{address.fault().kind, "store: " + address.fault().detail};
    address->must_exist = options.must_exist;
    const std::string place = address->shown;
    auto ledger = PostgresLedger::open(*std::move(address), metrics, clock, std::move(on_clock),
                                       options.node);
    if (!ledger) return named(ledger.fault(), place);
    return OpenLedger{place, *std::move(ledger)};
}

}  // namespace

std::vector<ServerPlace> servers_of(std::string_view url) {
    if (!is_postgres(url)) return {};
    const auto address = read_address(url);
    if (!address) return {};
    std::vector<ServerPlace> servers;
    for (auto& [host, port] : hosts_of(*address)) servers.push_back({std::move(host), port});
    return servers;
}

Result<OpenLedger> open_ledger(std::string_view url, const StoreOptions& options,
                               base::Metrics& metrics, const base::Clock& clock,
                               OnDatabaseClock on_clock) {
    if (is_postgres(url)) return open_postgres(url, options, metrics, clock, std::move(on_clock));
    return open_sqlite(url, options, metrics, clock);
}

Result<std::unique_ptr<Store>> open(std::string_view url, const StoreOptions& options,
                                    base::Metrics& metrics, const base::Clock& clock) {
    return open(url, options, metrics, clock, {});
}

Result<std::unique_ptr<Store>> open(std::string_view url, const StoreOptions& options,
                                    base::Metrics& metrics, const base::Clock& clock,
                                    OnDatabaseClock on_clock) {
    auto opened = open_ledger(url, options, metrics, clock, std::move(on_clock));
    if (!opened) return opened.fault();
    auto tokens = opened->ledger->tokens();
    if (!tokens) return named(tokens.fault(), opened->place);
    return std::unique_ptr<Store>(
        std::make_unique<LaneStore>(*std::move(opened), options, *std::move(tokens), metrics));
}

}  // namespace herald::store
