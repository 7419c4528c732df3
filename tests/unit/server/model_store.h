// tests/unit/server/model_store.h: a store whose rows outlive the server, and whose commits become
// durable one by one, when the test wants it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "store/store.h"

namespace herald::server::testing {

/// Keeps publications, subscriptions and confirmations, as the one table of each says.
class ModelStore final : public store::Store {
public:
    std::map<std::uint64_t, store::Publication> publications;
    /// Of publications that were removed: for copies of what made and what removed them.
    std::map<std::uint64_t, store::Publication> tombstones;
    std::map<std::uint64_t, store::Subscription> subscriptions;
    std::map<std::pair<std::string, std::string>, store::Confirmation> confirmations;
    std::set<std::string> tags;  ///< that publications ever had
    std::set<std::string> lost;  ///< Call-IDs of requests nobody knows what became of

    bool is_idle() const { return held_.empty(); }
    /// The oldest change becomes durable; the server hears of it if `is_told`.
    void settle(bool is_told = true) {
        auto oldest = std::move(held_.front());
        held_.pop_front();
        const auto outcome =
            std::visit([this](const auto& one) { return apply(one); }, oldest.change);
        if (is_told && oldest.done) oldest.done(outcome);
    }
    /// The oldest change is not made, and the server hears of that.
    void fail() {
        auto oldest = std::move(held_.front());
        held_.pop_front();
        if (oldest.done) oldest.done(store::Outcome::unavailable);
    }
    /// The oldest change is made or not, and nobody ever learns which.
    void lose(bool is_made) {
        auto oldest = std::move(held_.front());
        held_.pop_front();
        if (const auto* put = std::get_if<store::PutPublication>(&oldest.change))
            lost.insert(put->row.mark.call_id);
        if (is_made) std::visit([this](const auto& one) { apply(one); }, oldest.change);
        if (oldest.done) oldest.done(store::Outcome::unknown);
    }
    /// Whether the oldest change is one of a publication.
    bool is_publication_next() const {
        const auto& next = held_.front().change;
        return std::holds_alternative<store::PutPublication>(next) ||
               std::holds_alternative<store::RefreshPublication>(next) ||
               std::holds_alternative<store::RemovePublication>(next);
    }
    /// The process ends: what was not durable never was.
    void crash() {
        held_.clear();
        ++home_.epoch;
    }

    const store::Home& home() const noexcept override { return home_; }
    Status recover(store::RecoverySink& sink) override {
        for (const auto& [id, row] : publications) sink.on_publication(row);
        for (const auto& [id, row] : tombstones) sink.on_publication(row);
        for (const auto& [id, row] : subscriptions) sink.on_subscription(row);
        std::erase_if(confirmations,
                      [&](const auto& each) { return !sink.on_confirmation(each.second); });
        return {};
    }
    std::vector<store::Token> tokens() const override { return {}; }
    std::unique_ptr<store::Port> attach(base::Loop&) override {
        return std::make_unique<ModelPort>(*this);
    }
    bool is_writable() const noexcept override { return true; }
    Status close() override { return {}; }

private:
    struct Held {
        store::Change change;
        base::Task<void(store::Outcome)> done;
    };
    class ModelPort final : public store::Port {
    public:
        explicit ModelPort(ModelStore& store) : store_(store) {}
        void commit(store::Change change, base::Task<void(store::Outcome)> done) override {
            store_.held_.push_back({std::move(change), std::move(done)});
        }
        void load(std::uint64_t, base::Task<void(Result<store::Message>)> done) override {
            done(Fault{FaultKind::not_found, "no messages here"});
        }
        void load(store::Cell, base::Task<void(Result<store::CellRowsPtr>)> done) override {
            done(Fault{FaultKind::io, "cells are not read here"});
        }
        bool is_full() const noexcept override { return false; }
        bool is_full_for_refreshes() const noexcept override { return false; }
        std::size_t waiting() const noexcept override { return store_.held_.size(); }
        std::size_t waiting(store::Cell) const noexcept override { return waiting(); }

    private:
        ModelStore& store_;
    };
    using Outcome = store::Outcome;

    bool has_tag(std::uint64_t id, const std::string& tag) const {
        const auto found = publications.find(id);
        return found != publications.end() && (tag.empty() || found->second.entity_tag == tag);
    }
    Outcome apply(const store::PutPublication& change) {
        if (!change.expected_tag.empty() && !has_tag(change.row.id, change.expected_tag))
            return Outcome::refused;
        publications[change.row.id] = change.row;
        tags.insert(change.row.entity_tag);
        return Outcome::committed;
    }
    Outcome apply(const store::RefreshPublication& change) {
        if (!has_tag(change.id, change.expected_tag)) return Outcome::refused;
        auto& row = publications[change.id];
        row.entity_tag = change.entity_tag;
        row.expires_at = change.expires_at;
        row.granted = change.granted;
        row.mark = change.mark;
        tags.insert(change.entity_tag);
        return Outcome::committed;
    }
    Outcome apply(const store::RemovePublication& change) {
        if (!has_tag(change.id, change.expected_tag)) return Outcome::refused;
        if (change.keep_until != base::WallTime{}) bury(change);
        publications.erase(change.id);
        return Outcome::committed;
    }
    void bury(const store::RemovePublication& change) {
        auto& row = tombstones[change.id] = publications[change.id];
        row.mark = change.mark;
        row.expires_at = change.keep_until;
        row.is_removed = true;
        row.body.clear();
    }
    Outcome apply(const store::ChangePublications& change) {
        const auto before = std::tuple(publications, tombstones, confirmations);
        for (const auto& one : change.changes) {
            const auto outcome = std::visit([this](const auto& each) { return apply(each); }, one);
            if (outcome == Outcome::committed) continue;
            std::tie(publications, tombstones, confirmations) = before;
            return outcome;
        }
        return Outcome::committed;
    }
    Outcome apply(const store::PutSubscription& change) {
        subscriptions[change.row.id] = change.row;
        for (const auto id : change.replaces) subscriptions.erase(id);
        return Outcome::committed;
    }
    Outcome apply(const store::UpdateSubscription& change) {
        if (subscriptions.count(change.row.id) == 0) return Outcome::refused;
        subscriptions[change.row.id] = change.row;
        return Outcome::committed;
    }
    Outcome apply(const store::TouchSubscription& change) {
        const auto found = subscriptions.find(change.id);
        if (found == subscriptions.end()) return Outcome::refused;
        auto& row = found->second;
        row.state = change.state;
        row.change = change.change;
        row.expires_at = change.expires_at;
        row.granted = change.granted;
        row.remote_cseq = change.remote_cseq;
        row.cseq_base = change.cseq_base;
        row.epoch = change.epoch;
        if (!change.keeps_mark) row.mark = change.mark;
        return Outcome::committed;
    }
    Outcome apply(const store::RemoveSubscription& change) {
        subscriptions.erase(change.id);
        return Outcome::committed;
    }
    Outcome apply(const store::PutConfirmation& change) {
        const auto& row = change.row;
        if (row.through == 0) {
            confirmations.erase({row.package, row.aor});
        } else {
            confirmations[{row.package, row.aor}] = row;
        }
        return Outcome::committed;
    }
    template <class Other>
    Outcome apply(const Other&) {
        return Outcome::unavailable;
    }

    store::Home home_{.bucket_key = {1, 2}, .lasting_key = {3, 4}, .epoch = 1};
    std::deque<Held> held_;
};

}  // namespace herald::server::testing
