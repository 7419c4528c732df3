// server/access/list_entries.cpp: many entries of lists at once.
#include "server/access/list_entries.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace herald::server {

namespace {

auto key_of(const ListEntry& entry) {
    return std::tie(entry.pattern, entry.package);
}

}  // namespace

std::vector<ListEntry> with_entries(std::vector<ListEntry> entries, std::vector<ListEntry> later) {
    std::move(later.begin(), later.end(), std::back_inserter(entries));
    std::stable_sort(entries.begin(), entries.end(),
                     [](const ListEntry& a, const ListEntry& b) { return key_of(a) < key_of(b); });
    // Of those with one key the last one counts.
    const auto kept =
        std::unique(entries.rbegin(), entries.rend(),
                    [](const ListEntry& a, const ListEntry& b) { return key_of(a) == key_of(b); });
    entries.erase(entries.begin(), kept.base());
    return entries;
}

}  // namespace herald::server
