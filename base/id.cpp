// base/id.cpp: randomness from OpenSSL, drawn in blocks per thread so that small tokens are cheap.
#include "base/id.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <pthread.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/siphash.h"

namespace herald::base {
namespace {

/// Counts forks: a child must not hand out the bytes its parent holds in store.
std::atomic<unsigned> forks{0};

void draw(void* out, std::size_t size) {
    auto* at = static_cast<unsigned char*>(out);
    constexpr std::size_t kMost = 1 << 20;  // RAND_bytes counts in int
    while (size != 0) {
        const std::size_t part = size < kMost ? size : kMost;
        if (RAND_bytes(at, static_cast<int>(part)) != 1) {
            static_cast<void>(std::fputs("no entropy: RAND_bytes failed\n", stderr));
            std::abort();
        }
        at += part;
        size -= part;
    }
}

/// One thread's random bytes in store. Each is given out once and wiped.
class Reserve {
public:
    static constexpr std::size_t kSize = 1024;

    Reserve() {
        static const int registered =
            pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
        static_cast<void>(registered);
    }
    ~Reserve() { OPENSSL_cleanse(bytes_, sizeof bytes_); }
    Reserve(const Reserve&) = delete;
    Reserve& operator=(const Reserve&) = delete;

    void take(void* out, std::size_t size) {
        const unsigned fork = forks.load(std::memory_order_relaxed);
        if (size > kSize - used_ || fork != fork_) {
            draw(bytes_, kSize);
            used_ = 0;
            fork_ = fork;
        }
        std::memcpy(out, bytes_ + used_, size);
        std::memset(bytes_ + used_, 0, size);
        used_ += size;
    }

private:
    unsigned char bytes_[kSize];
    std::size_t used_ = kSize;
    unsigned fork_ = 0;
};

}  // namespace

void random_bytes(void* out, std::size_t size) {
    if (size == 0) return;
    if (size > Reserve::kSize / 4) return draw(out, size);
    thread_local Reserve reserve;
    reserve.take(out, size);
}

std::uint64_t random_u64() {
    std::uint64_t value = 0;
    random_bytes(&value, sizeof value);
    return value;
}

std::string random_token(std::size_t bytes) {
    std::string raw(bytes, '\0');
    random_bytes(raw.data(), raw.size());
    return to_base32(raw);
}

std::string to_base32(std::string_view bytes) {
    constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    std::string result;
    result.reserve((bytes.size() * 8 + 4) / 5);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        pending = pending << 8 | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 5; bits -= 5) result += kAlphabet[pending >> (bits - 5) & 31];
    }
    if (bits != 0) result += kAlphabet[pending << (5 - bits) & 31];
    return result;
}

HashKey random_key() {
    return {random_u64(), random_u64()};
}

std::uint64_t keyed_hash(const HashKey& key, std::string_view bytes) noexcept {
    return SipHash(key, bytes, SipHash::Width::bits64).finish64();
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace herald::base
