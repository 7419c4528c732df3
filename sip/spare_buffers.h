// sip/spare_buffers.h: buffers between two uses: an idle connection holds none, the few in use go
// round.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace herald::sip {

class SpareBuffers {
public:
    /// Bytes of the largest that is kept.
    static constexpr std::size_t kLargest = 64 << 10;

    std::string take() {
        if (spare_.empty()) return {};
        std::string buffer = std::move(spare_.back());
        spare_.pop_back();
        return buffer;
    }
    /// `buffer` is empty afterwards, and has no room.
    void give_back(std::string& buffer) {
        std::string gone = std::exchange(buffer, {});
        const bool is_worth_it = gone.capacity() >= kLeast && gone.capacity() <= kLargest;
        if (!is_worth_it || spare_.size() >= kMost) return;
        gone.clear();
        spare_.push_back(std::move(gone));
    }

private:
    static constexpr std::size_t kLeast = 256;
    static constexpr std::size_t kMost = 64;

    std::vector<std::string> spare_;
};

}  // namespace herald::sip
