// server/admin/admin_page.h: pages of rows that several shards hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "server/admin/admin_carrier.h"

namespace herald::server {

inline std::size_t page_size(std::size_t limit) {
    constexpr std::size_t kMostRows = 1000;
    return std::clamp<std::size_t>(limit, 1, kMostRows);
}

/// The row a page begins after. Faults: malformed.
inline Result<std::uint64_t> row_id(std::string_view after) {
    const auto id = after.empty() ? std::optional<std::uint64_t>(0) : base::to_u64(after);
    if (!id) return Fault{FaultKind::malformed, "'after' is no id of a row"};
    return *id;
}

/// Puts the rows of several shards in order and keeps the first `limit` of them. Ids are decimal
/// numbers.
template <class Page>
void cut_page(Page& page, std::size_t limit) {
    std::sort(page.rows.begin(), page.rows.end(), [](const auto& a, const auto& b) {
        return a.id.size() != b.id.size() ? a.id.size() < b.id.size() : a.id < b.id;
    });
    if (page.rows.size() <= limit) return;
    page.rows.resize(limit);
    page.next = page.rows.back().id;
}

/// Asks every shard for its first `limit` rows and one more; of them all the first `limit`.
template <class Page, class Ask>
Result<Page> page_of_all(const AdminCarrier& carrier, std::size_t limit, Ask ask) {
    Page all;
    for (auto* shard : carrier.shards()) {
        auto page = carrier.ask<Page>(*shard, ask);
        if (!page) return page;
        all.total += page->total;
        std::move(page->rows.begin(), page->rows.end(), std::back_inserter(all.rows));
    }
    cut_page(all, limit);
    return all;
}

}  // namespace herald::server
