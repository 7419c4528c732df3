// server/certificates.cpp: the certificates of the process.
#include "server/certificates.h"

#include <algorithm>

#include <sys/stat.h>

#include "base/log.h"

namespace herald::server {

namespace {

bool speaks_tls(const Config& config) {
    return std::any_of(config.sip_listen.begin(), config.sip_listen.end(),
                       [](const ListenAddress& its) { return sip::is_secure(its.protocol); });
}

}  // namespace

std::string fingerprint_of(const std::string& file) {
    struct stat its {};
    if (::stat(file.c_str(), &its) != 0) return "none";
    std::string text = std::to_string(its.st_ino);
    for (const std::int64_t part : {its.st_size, its.st_mtim.tv_sec, its.st_mtim.tv_nsec}) {
        text += " " + std::to_string(part);
    }
    return text;
}

sip::TlsFiles sip_certificates(const Config& config) {
    sip::TlsFiles files;
    if (!speaks_tls(config)) return files;
    for (std::size_t i = 0; i < config.tls_certificates.size(); ++i) {
        files.pairs.push_back({config.tls_certificates[i], config.tls_keys[i]});
    }
    files.peers_ca = config.tls_ca;
    files.clients_ca = config.tls_clients_ca;
    return files;
}

sip::TlsFiles http_certificates(const Config& config) {
    sip::TlsFiles files;
    if (!config.http_certificate.empty())
        files.pairs.push_back({config.http_certificate, config.http_key});
    files.clients_ca = config.http_client_ca;
    return files;
}

sip::TlsFiles file_certificates(const Config& config) {
    sip::TlsFiles files;
    if (!config.provisioning_certificate.empty())
        files.pairs.push_back({config.provisioning_certificate, config.provisioning_key});
    return files;
}

Certificates::Certificates(base::Metrics& metrics, const char* use)
    : metrics_(metrics), use_(use) {}

Result<std::shared_ptr<const sip::TlsContext>> Certificates::load(const sip::TlsFiles& files) {
    files_ = files;
    if (files.pairs.empty()) return std::shared_ptr<const sip::TlsContext>();
    return read();
}

std::shared_ptr<const sip::TlsContext> Certificates::look() {
    if (files_.pairs.empty() || fingerprints() == read_) return nullptr;
    auto fresh = read();
    if (fresh) {
        base::log_info("tls.reloaded", {{"certificate", files_.pairs.front().certificate}});
        return *std::move(fresh);
    }
    // Whoever writes several files may be between two of them.
    base::log_error("tls.unreadable", {{"why", fresh.fault().detail}});
    return nullptr;
}

Result<std::shared_ptr<const sip::TlsContext>> Certificates::read() {
    read_ = fingerprints();
    auto context = sip::TlsContext::load(files_);
    if (context) {
        metrics_
            .gauge("herald_tls_certificate_expires_seconds",
                   "When the first of our certificates expires, in seconds since 1970",
                   {{"use", use_}})
            .set(static_cast<std::uint64_t>((*context)->expires()));
    }
    return context;
}

std::vector<std::string> Certificates::fingerprints() const {
    std::vector<std::string> all;
    for (const sip::TlsPair& pair : files_.pairs) {
        all.push_back(fingerprint_of(pair.certificate));
        all.push_back(fingerprint_of(pair.key));
    }
    for (const std::string* file : {&files_.peers_ca, &files_.clients_ca}) {
        if (!file->empty()) all.push_back(fingerprint_of(*file));
    }
    return all;
}

}  // namespace herald::server
