// store/ledger_counters.cpp: what every ledger counts, and when it stops taking changes.
#include "store/ledger_counters.h"

#include <utility>

#include "base/log.h"

namespace herald::store {

LedgerCounters::LedgerCounters(base::Metrics& metrics)
    : commits(metrics.counter("herald_store_commits_total", "Transactions committed")),
      seconds(metrics.histogram("herald_store_commit_seconds",
                                "Time to write and sync one transaction")),
      writable(metrics.gauge("herald_store_writable", "1 while writes succeed")) {
    const char* outcome_help = "Changes by what became of them";
    changes = {
        &metrics.counter("herald_store_changes_total", outcome_help, {{"outcome", "committed"}}),
        &metrics.counter("herald_store_changes_total", outcome_help, {{"outcome", "refused"}}),
        &metrics.counter("herald_store_changes_total", outcome_help, {{"outcome", "unavailable"}}),
        &metrics.counter("herald_store_changes_total", outcome_help, {{"outcome", "unknown"}})};
    const char* size_help = "Transactions committed, by the number of their changes";
    batches = {&metrics.counter("herald_store_batches_total", size_help, {{"changes", "1"}}),
               &metrics.counter("herald_store_batches_total", size_help, {{"changes", "2-9"}}),
               &metrics.counter("herald_store_batches_total", size_help, {{"changes", "10-99"}}),
               &metrics.counter("herald_store_batches_total", size_help, {{"changes", "100-"}})};
}

void LedgerCounters::count(const std::vector<Outcome>& outcomes) {
    for (const Outcome outcome : outcomes) changes[static_cast<std::size_t>(outcome)]->add();
}

void LedgerCounters::count_commit(std::size_t size, std::chrono::steady_clock::duration took) {
    commits.add();
    batches[size < 2 ? 0 : size < 10 ? 1 : size < 100 ? 2 : 3]->add();
    seconds.observe(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
}

Writability::Writability(base::Counter& gauge, std::string place)
    : gauge_(gauge), place_(std::move(place)) {
    gauge_.set(1);
}

void Writability::turn(bool is_writable, const std::string& reason) {
    if (is_writable_.exchange(is_writable) == is_writable) return;
    gauge_.set(is_writable ? 1 : 0);
    if (is_writable) {
        base::log_info("store.writable", {{"store", place_}});
    } else {
        base::log_error("store.unwritable", {{"store", place_}, {"reason", reason}});
    }
}

}  // namespace herald::store
