// store/transfer.cpp: a whole store copied into another one.
#include "store/transfer.h"

#include <string>
#include <utility>
#include <vector>

#include "store/open.h"

namespace herald::store {
namespace {

constexpr std::size_t kBatch = 1000;

/// Counts what is there.
struct Census final : RecoverySink {
    std::uint64_t rows = 0;
    void on_alias(Alias) override { ++rows; }
    void on_account(Account) override { ++rows; }
    void on_policy(Policy) override { ++rows; }
    void on_audit(AuditEntry) override { ++rows; }
    void on_publication(Publication) override { ++rows; }
    void on_subscription(const Subscription&) override { ++rows; }
    bool on_confirmation(Confirmation) override { return ++rows > 0; }
    void on_message(Message) override { ++rows; }
};

/// Commits what it is given to another ledger. Rows come while the first store is read; what cannot
/// be committed is remembered until then.
class Copier final : public RecoverySink {
public:
    Copier(Ledger& to, const std::function<void(std::uint64_t)>& told) : to_(to), told_(told) {}

    void on_alias(Alias row) override { add(PutAlias{std::move(row)}); }
    void on_account(Account row) override { add(PutAccount{std::move(row)}); }
    void on_policy(Policy row) override { add(ChangePolicies{{std::move(row)}, {}, 0}); }
    void on_audit(AuditEntry row) override { add(ChangePolicies{{}, {std::move(row)}, 0}); }
    void on_publication(Publication row) override {
        const RemovePublication removal{
            .id = row.id, .keep_until = row.expires_at, .mark = row.mark};
        const bool is_removed = std::exchange(row.is_removed, false);
        add(PutPublication{.row = std::move(row), .expected_tag = {}});
        if (is_removed) bury(removal);
    }
    void on_subscription(const Subscription& row) override {
        add(PutSubscription{.row = row, .replaces = {}});
        if (row.state != Subscription::State::terminated) return;
        bury(RemoveSubscription{.id = row.id, .keep_until = row.expires_at, .mark = row.mark});
    }
    bool on_confirmation(Confirmation row) override {
        add(PutConfirmation{std::move(row)});
        return true;
    }
    void on_message(Message row) override { messages_.push_back(row.id); }

    void add(Change change) {
        changes_.push_back(std::move(change));
        ++rows_;
        if (changes_.size() >= kBatch) flush();
    }
    /// What is left. Faults: io.
    Result<std::uint64_t> finish() {
        flush();
        if (!is_good_) return Fault{FaultKind::io, "a row was not taken"};
        return rows_;
    }
    const std::vector<std::uint64_t>& messages() const noexcept { return messages_; }

private:
    /// The row it is about goes first.
    void bury(Change removal) {
        changes_.push_back(std::move(removal));
        if (changes_.size() >= kBatch) flush();
    }
    void flush() {
        std::vector<const Change*> batch;
        batch.reserve(changes_.size());
        for (const Change& change : changes_) batch.push_back(&change);
        for (const Outcome outcome : to_.commit(batch)) {
            is_good_ = is_good_ && outcome == Outcome::committed;
        }
        changes_.clear();
        told_(rows_);
    }

    Ledger& to_;
    const std::function<void(std::uint64_t)>& told_;
    std::vector<Change> changes_;
    std::vector<std::uint64_t> messages_;
    std::uint64_t rows_ = 0;
    bool is_good_ = true;
};

Status copy_messages(Ledger& from, Copier& copier) {
    for (const std::uint64_t id : copier.messages()) {
        auto message = from.message(id);
        if (!message) return message.fault();
        copier.add(PutMessage{*std::move(message)});
    }
    return {};
}

Status copy_tokens(Ledger& from, Copier& copier) {
    const auto tokens = from.tokens();
    if (!tokens) return tokens.fault();
    for (const Token& token : *tokens) copier.add(PutToken{token});
    return {};
}

Result<std::uint64_t> copy_rows(Ledger& from, Ledger& to,
                                const std::function<void(std::uint64_t)>& told) {
    Copier copier(to, told);
    if (auto done = from.recover(copier); !done) return done.fault();
    if (auto done = copy_messages(from, copier); !done) return done.fault();
    if (auto done = copy_tokens(from, copier); !done) return done.fault();
    return copier.finish();
}

/// A ledger is opened, asked and left as after a crash: nobody served from it.
class Places {
public:
    Places(const StoreOptions& options, const base::Clock& clock)
        : options_(options), clock_(clock) {}

    Result<OpenLedger> open(std::string_view url) {
        return open_ledger(url, options_, metrics_, clock_);
    }

private:
    StoreOptions options_;
    const base::Clock& clock_;
    base::Metrics metrics_;
};

Status make_heir(Places& places, std::string_view url, const Home& home) {
    auto to = places.open(url);
    if (!to) return to.fault();
    Census census;
    if (auto read = to->ledger->recover(census); !read) return read;
    if (census.rows > 0) {
        return Fault{FaultKind::conflict,
                     to->place + " is not empty: " + std::to_string(census.rows) + " rows"};
    }
    return to->ledger->adopt(home);
}

}  // namespace

Result<std::uint64_t> copy_store(std::string_view from, std::string_view to,
                                 const StoreOptions& options, const base::Clock& clock,
                                 const std::function<void(std::uint64_t)>& told) {
    Places places(options, clock);
    auto source = places.open(from);
    if (!source) return source.fault();
    Home home = source->ledger->home();
    if (auto made = make_heir(places, to, home); !made) return made.fault();
    // Again, for its keys are others now; that start raised its epoch.
    auto target = places.open(to);
    if (!target) return target.fault();
    auto rows = copy_rows(*source->ledger, *target->ledger, told);
    if (!rows) return rows;
    ++home.epoch;
    if (auto adopted = target->ledger->adopt(home); !adopted) return adopted.fault();
    return rows;
}

}  // namespace herald::store
