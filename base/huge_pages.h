// base/huge_pages.h: memory for large tables that are read at random.
//
// A table of many megabytes costs a miss of the TLB, and then of the cache, wherever it is read.
// Pages of 2 MiB spare the first, and most page faults while it grows. Linux gives them where they
// are asked for
// (/sys/kernel/mm/transparent_hugepage/enabled: madvise or always); elsewhere nothing changes.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include <sys/mman.h>

namespace herald::base {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;  ///< bytes

/// Allocates as std::allocator does; from one huge page on, whole ones.
template <class T>
struct HugePages {
    using value_type = T;

    HugePages() = default;
    template <class U>
    HugePages(const HugePages<U>&) noexcept {}

    T* allocate(std::size_t count) {
        if (!is_large(count)) return std::allocator<T>().allocate(count);
        const auto bytes = (count * sizeof(T) + kHugePage - 1) / kHugePage * kHugePage;
        void* const block = ::operator new(bytes, std::align_val_t(kHugePage));
        // Without them it is only slower.
        (void)::madvise(block, bytes, MADV_HUGEPAGE);
        return static_cast<T*>(block);
    }
    void deallocate(T* block, std::size_t count) noexcept {
        if (!is_large(count)) return std::allocator<T>().deallocate(block, count);
        ::operator delete(block, std::align_val_t(kHugePage));
    }

    friend bool operator==(const HugePages&, const HugePages&) noexcept { return true; }

private:
    static constexpr bool is_large(std::size_t count) noexcept {
        return count >= (kHugePage + sizeof(T) - 1) / sizeof(T);
    }
};

}  // namespace herald::base
