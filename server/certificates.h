// server/certificates.h: the certificates of the process: read from their files, and again when
// those change.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "server/config/config.h"
#include "sip/tls.h"

namespace herald::server {

/// What the listeners of SIP, the API and the files of profiles are served with; nothing where they
/// speak no TLS.
sip::TlsFiles sip_certificates(const Config& config);
sip::TlsFiles http_certificates(const Config& config);
sip::TlsFiles file_certificates(const Config& config);

/// Another one where a file was written, or replaced by another.
std::string fingerprint_of(const std::string& file);

/// Touched by one thread at a time.
class Certificates {
public:
    /// `use` is what for, in metrics.
    Certificates(base::Metrics& metrics, const char* use);

    /// Null where there is no certificate among the files. Faults: invalid_configuration; then what
    /// was read before still counts.
    Result<std::shared_ptr<const sip::TlsContext>> load(const sip::TlsFiles& files);
    /// Reads the files again if one is another than when they were last read. Null: there is
    /// nothing new, or nothing good, which is logged once.
    std::shared_ptr<const sip::TlsContext> look();

private:
    Result<std::shared_ptr<const sip::TlsContext>> read();
    std::vector<std::string> fingerprints() const;

    base::Metrics& metrics_;
    const char* const use_;
    sip::TlsFiles files_;
    std::vector<std::string> read_;  ///< fingerprints of the files when they were read
};

}  // namespace herald::server
