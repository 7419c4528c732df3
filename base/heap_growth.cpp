// base/heap_growth.cpp: much is about to be allocated, in small pieces: a start that reads a store.
#include "base/heap_growth.h"

#include <cstdint>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/huge_pages.h"

namespace herald::base {

namespace {

constexpr int kUsualPad = 128 << 10;  // bytes: what glibc has
constexpr int kLargePad = 64 << 20;
/// Setting one of malloc's parameters keeps it from finding others by itself. These are what it
/// finds in a process that uses buffers of some megabytes: such blocks come from the heap, not each
/// from the system.
constexpr int kOwnMapping = 4 << 20;
constexpr int kTrim = 2 * kOwnMapping;

char* heap_end() noexcept {
    return static_cast<char*>(::sbrk(0));
}

char* next_huge_page(char* at) noexcept {
    const auto past = reinterpret_cast<std::uintptr_t>(at) % kHugePage;
    return past == 0 ? at : at + (kHugePage - past);
}

}  // namespace

void HeapGrowth::begin() {
    ::mallopt(M_MMAP_THRESHOLD, kOwnMapping);
    ::mallopt(M_TRIM_THRESHOLD, kTrim);
    ::mallopt(M_TOP_PAD, kLargePad);
    end_ = heap_end();
}

void HeapGrowth::follow() {
    if (!end_) return begin();
    char* const end = heap_end();
    char* const first = next_huge_page(end_);
    // Without huge pages it is only slower.
    if (end > first) (void)::madvise(first, static_cast<std::size_t>(end - first), MADV_HUGEPAGE);
    end_ = end;
}

HeapGrowth::~HeapGrowth() {
    if (end_) ::mallopt(M_TOP_PAD, kUsualPad);
}

}  // namespace herald::base
