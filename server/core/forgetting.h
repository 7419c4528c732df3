// server/core/forgetting.h: what is held of one cell leaves containers, some rows at a time, so
// that others get their turn between.
#pragma once

#include <algorithm>
#include <any>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace herald::server {

/// One part's containers gone through in steps: the part names all of them in each step, in the
/// same order, and the walk goes on where it was. Rows of other cells may come and go between
/// steps; of the cell itself none may come.
class Forgetting {
public:
    /// Rows that are looked at in one step. Where few rows are far apart a place without any counts
    /// as one.
    static constexpr std::size_t kRows = 256;

    /// Before each step.
    void begin() noexcept {
        left_ = kRows;
        named_ = 0;
    }
    /// After a step: all containers were gone through.
    bool is_done() const noexcept { return through_ == named_; }
    /// How many were looked at in all steps.
    std::size_t rows() const noexcept { return rows_; }
    /// A row that was looked at is as much work as `rows` more.
    void count(std::size_t rows) noexcept {
        rows_ += rows;
        left_ -= std::min(left_, rows);
    }

    /// The keys of those `is_meant(row)` is true of, among the next ones.
    template <class Rows, class Is>
    std::vector<typename Rows::key_type> find(const Rows& rows, Is is_meant) {
        std::vector<typename Rows::key_type> met;
        if (!is_turn()) return met;
        const auto each = [&](const auto& row) {
            count(1);
            if (is_meant(row)) met.push_back(key_of<Rows>(row));
        };
        if (visit(rows, each)) end_container();
        return met;
    }

    /// Those leave; `gone(row)` is told before.
    template <class Rows, class Is, class Gone>
    void erase(Rows& rows, Is is_meant, Gone gone) {
        for (const auto& key : find(rows, is_meant)) {
            auto [row, end] = rows.equal_range(key);
            while (row != end) {
                if (!is_meant(*row)) {
                    ++row;
                    continue;
                }
                gone(*row);
                row = rows.erase(row);
            }
        }
    }
    template <class Rows, class Is>
    void erase(Rows& rows, Is is_meant) {
        erase(rows, is_meant, [](const auto&) {});
    }

    /// ... of a vector or deque that others add to at the end and take from at the beginning.
    template <class Rows, class Is>
    void erase_queued(Rows& rows, Is is_meant) {
        if (!is_turn()) return;
        const auto end = rows.end() - distance(std::min(place_, rows.size()));
        const auto begin = end - distance(std::min(left_, distance_to(rows.begin(), end)));
        const auto looked_at = distance_to(begin, end);
        const auto is_through = begin == rows.begin();
        const auto kept = std::remove_if(begin, end, is_meant);
        place_ += distance_to(begin, kept);
        rows.erase(kept, end);
        count(looked_at);
        if (is_through) end_container();
    }

private:
    /// Those before are gone through, and something may still be done in this step.
    bool is_turn() noexcept { return named_++ == through_ && left_ > 0; }
    void end_container() {
        ++through_;
        place_ = buckets_ = 0;
        last_.reset();
    }

    template <class Rows, class Row>
    static const typename Rows::key_type& key_of(const Row& row) {
        if constexpr (requires { typename Rows::mapped_type; }) {
            return row.first;
        } else {
            return row;
        }
    }

    /// True: those were the last ones.
    template <class Rows, class Each>
    bool visit(const Rows& rows, Each each) {
        if (rows.empty()) return true;
        if constexpr (requires { rows.bucket_count(); }) {
            return visit_buckets(rows, each);
        } else {
            return visit_in_order(rows, each);
        }
    }
    /// From the beginning where it grew meanwhile, as everything is elsewhere then.
    template <class Rows, class Each>
    bool visit_buckets(const Rows& rows, Each each) {
        if (std::exchange(buckets_, rows.bucket_count()) != rows.bucket_count()) place_ = 0;
        for (; place_ < buckets_ && left_ > 0; ++place_) {
            if (rows.begin(place_) == rows.end(place_)) count(1);
            std::for_each(rows.begin(place_), rows.end(place_), each);
        }
        return place_ == buckets_;
    }
    template <class Rows, class Each>
    bool visit_in_order(const Rows& rows, Each each) {
        const auto* last = std::any_cast<typename Rows::key_type>(&last_);
        auto row = last ? rows.upper_bound(*last) : rows.begin();
        for (; row != rows.end() && left_ > 0; ++row) {
            each(*row);
            last_ = key_of<Rows>(*row);
        }
        return row == rows.end();
    }

    static std::ptrdiff_t distance(std::size_t rows) { return static_cast<std::ptrdiff_t>(rows); }
    template <class Row>
    static std::size_t distance_to(Row begin, Row end) {
        return static_cast<std::size_t>(end - begin);
    }

    std::size_t left_ = 0;     ///< rows in this step
    std::size_t named_ = 0;    ///< containers in this step
    std::size_t through_ = 0;  ///< containers
    std::size_t place_ = 0;    ///< of the next one: bucket, or rows from the end
    std::size_t buckets_ = 0;  ///< that it has
    std::any last_;            ///< its key that was looked at last, where keys are in order
    std::size_t rows_ = 0;
};

}  // namespace herald::server
