// tests/support/certificates.h: an authority for one test: its certificates are good for a day, or
// whatever a test needs them to be.
#pragma once

#include <memory>
#include <string>

#include "sip/tls.h"

namespace herald::test {

/// Writes everything it issues into a folder of its own, which goes with it.
class Authority {
public:
    struct Wanted {
        std::string names = "DNS:example.com";  ///< subjectAltName as OpenSSL's files write it
        std::string common_name = "somebody";
        std::string usage;     ///< extendedKeyUsage likewise; empty: none
        int days = 1;          ///< until it expires; negative: since when
        bool is_self = false;  ///< signed by itself
    };

    Authority();
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    /// Its own certificate, for those who trust it.
    const std::string& file() const noexcept { return file_; }
    sip::TlsPair issue(const Wanted& wanted) const;
    sip::TlsPair issue() const { return issue(Wanted{}); }
    /// A file in its folder.
    std::string path(const std::string& name) const { return folder_ + "/" + name; }

private:
    struct Keys;
    std::string folder_, file_;
    std::unique_ptr<Keys> keys_;
};

}  // namespace herald::test
