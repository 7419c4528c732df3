// tests/support/key_pointer.h: owns a key of OpenSSL's.
#pragma once

#include <memory>

#include <openssl/evp.h>

namespace herald::test {

struct FreeKey {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;

}  // namespace herald::test
