// base/heap_growth.h: much is about to be allocated, in small pieces: a start that reads a store.
//
// The heap grows by 132 kB at a time, so its pages are small ones and each costs a fault; a million
// small records take two fifths longer that way than in pages of 2 MiB (base/huge_pages.h).
#pragma once

#include <cstddef>

namespace herald::base {

/// While it lives the heap of the main thread grows in large steps and huge pages. glibc's malloc;
/// with another one nothing changes. One at a time, on the main thread.
class HeapGrowth {
public:
    HeapGrowth() = default;
    HeapGrowth(const HeapGrowth&) = delete;
    HeapGrowth& operator=(const HeapGrowth&) = delete;
    ~HeapGrowth();

    /// Some hundred kilobytes were allocated since the last call, and more are to come.
    void follow();

private:
    void begin();

    char* end_ = nullptr;  ///< of the heap, when it was looked at last; null: before the first time
};

}  // namespace herald::base
