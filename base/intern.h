// base/intern.h: text that many records share, kept once and counted; a record holds a 4-byte id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/index.h"
#include "base/slab.h"

namespace herald::base {

/// Names an interned text; the default names the empty text, which is never counted.
using InternId = std::uint32_t;

/// Route sets, Accept values, user agents: one of these per shard. Each intern() or retain() needs
/// one release(); a text does not move while it is held. One thread.
class Intern {
public:
    static constexpr InternId kEmpty = 0;

    Intern();

    /// The id of `text`, with one more reference to it.
    InternId intern(std::string_view text);
    /// Adds a reference to `id`, which has at least one already.
    void retain(InternId id) noexcept;
    /// Drops one reference; the text goes with the last.
    void release(InternId id) noexcept;
    /// Valid while `id` is held.
    std::string_view text(InternId id) const noexcept;

    /// Number of different texts held, not counting the empty one.
    std::size_t size() const noexcept { return entries_.size(); }
    /// Bytes of all texts held, each once.
    std::size_t text_bytes() const noexcept { return text_bytes_; }

private:
    struct Entry {
        std::uint64_t hash;
        std::uint32_t holds;
        std::string text;
    };

    HashKey key_;
    Slab<Entry> entries_;
    Index index_;
    std::size_t text_bytes_ = 0;
};

}  // namespace herald::base
