// sip/local_addresses.cpp: see local_addresses.h.
#include "sip/local_addresses.h"

#include <array>
#include <atomic>
#include <mutex>

namespace herald::sip {

namespace {

/// A machine has a few; a network of its own behind one interface (IPv6) may have any number.
constexpr std::uint32_t kMost = 255;

/// Entries below `count` never change again: they are read without the lock.
struct Table {
    std::array<Endpoint, kMost> entries;
    std::atomic<std::uint32_t> count{0};
    std::mutex adding;

    std::uint32_t find(const Endpoint& address) const noexcept {
        const auto known = count.load(std::memory_order_acquire);
        for (std::uint32_t i = 0; i < known; ++i) {
            if (entries[i] == address) return i + 1;
        }
        return 0;
    }
    std::uint32_t add(const Endpoint& address) noexcept {
        const std::lock_guard lock(adding);
        if (const auto number = find(address)) return number;
        const auto known = count.load(std::memory_order_relaxed);
        if (known == kMost) return 0;
        entries[known] = address;
        count.store(known + 1, std::memory_order_release);
        return known + 1;
    }
};

Table& table() noexcept {
    static Table table;
    return table;
}

}  // namespace

std::uint32_t number_of_local(const Endpoint& address) noexcept {
    if (!address.is_valid()) return 0;
    Endpoint host = address;
    host.set_port(0);
    const auto number = table().find(host);
    return number != 0 ? number : table().add(host);
}

Endpoint local_of_number(std::uint32_t number) noexcept {
    const auto& all = table();
    if (number == 0 || number > all.count.load(std::memory_order_acquire)) return {};
    return all.entries[number - 1];
}

Endpoint Flow::local() const noexcept {
    return is_reliable(protocol) ? Endpoint() : local_of_number(generation);
}

void Flow::leave_from(const Endpoint& local) noexcept {
    if (!is_reliable(protocol)) generation = number_of_local(local);
}

}  // namespace herald::sip
