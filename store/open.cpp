// store/open.cpp: the store behind a URL.
#include <memory>
#include <string>
#include <utility>

#include "store/lane.h"
#include "store/sqlite/sqlite_ledger.h"
#include "store/store.h"

namespace herald::store {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMemory = "memory:";

/// What the operating system and SQLite say rarely names the file.
Fault named(Fault fault, std::string_view url) {
    const auto path = url.substr(url.find(':') + 1);
    if (fault.detail.find(path) == std::string::npos)
        fault.detail = "store " + std::string(url) + ": " + fault.detail;
    return fault;
}
Status named(Status status, std::string_view url) {
    return status ? status : named(status.fault(), url);
}

class SqliteStore final : public Store {
public:
    SqliteStore(std::string_view url, std::unique_ptr<SqliteLedger> ledger,
                const StoreOptions& options, std::vector<Token> tokens, base::Metrics& metrics)
        : url_(url),
          ledger_(std::move(ledger)),
          tokens_(std::move(tokens)),
          lane_(std::make_unique<Lane>(*ledger_, options, metrics)) {}

    const Home& home() const noexcept override { return ledger_->home(); }
    Status recover(RecoverySink& sink) override { return named(ledger_->recover(sink), url_); }
    std::vector<Token> tokens() const override { return tokens_; }
    std::unique_ptr<Port> attach(base::Loop& loop) override { return lane_->attach(loop); }
    bool is_writable() const noexcept override { return ledger_->is_writable(); }

    Status close() override {
        lane_->drain();
        return named(ledger_->close(), url_);
    }

private:
    const std::string url_;
    std::unique_ptr<SqliteLedger> ledger_;
    std::vector<Token> tokens_;
    std::unique_ptr<Lane> lane_;
};

/// Where the URL leads; an empty path for none of ours.
Database::Place place_of(std::string_view url, const StoreOptions& options) {
    if (url == kMemory) return {.path = ":memory:", .vfs = {}};
    if (url.substr(0, kSqlite.size()) != kSqlite) return {};
    return {.path = std::string(url.substr(kSqlite.size())), .vfs = options.vfs};
}

}  // namespace

Result<std::unique_ptr<Store>> open(std::string_view url, const StoreOptions& options,
                                    base::Metrics& metrics, const base::Clock& clock) {
    Database::Place place = place_of(url, options);
    if (place.path.empty()) {
        return Fault{FaultKind::invalid_configuration,
                     "store: '" + std::string(url) + "' is neither sqlite:<path> nor memory:"};
    }
    auto ledger = SqliteLedger::open(
        {.place = std::move(place), .has_checkpointer = !options.is_inline}, metrics, clock);
    if (!ledger) return named(ledger.fault(), url);
    auto tokens = (*ledger)->tokens();
    if (!tokens) return named(tokens.fault(), url);
    return std::unique_ptr<Store>(std::make_unique<SqliteStore>(url, std::move(*ledger), options,
                                                                std::move(*tokens), metrics));
}

}  // namespace herald::store
