// pidf/grants.h: what many rules grant, added up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pidf/permissions.h"

namespace herald::pidf {

/// The same as one Permissions::add() after the other, for what may be ten thousand rules. What is
/// added outlives it.
class GrantSum {
public:
    void add(const Permissions& grant);
    /// Of all that were added.
    Permissions total();

private:
    /// A selector, with its first characters as a number: most are told apart by that.
    struct Key {
        std::uint64_t beginning;
        const Selector* selector;
        explicit Key(const Selector& of) noexcept;
        bool operator<(const Key& other) const;
        bool operator==(const Key& other) const;
    };
    class Part {
    public:
        void add(const Components& components);
        Components total();

    private:
        void tidy();

        static constexpr std::size_t kFew = 128;
        bool is_all_ = false;
        std::vector<Key> keys_;
        std::size_t most_ = kFew;
    };

    Part services_, persons_, devices_;
    Permissions rest_;  ///< all but those
};

}  // namespace herald::pidf
