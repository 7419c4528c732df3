// http/clients.h: operators who are known by the certificate of their connection (http.clients).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/tokens.h"
#include "server/config/config.h"
#include "sip/certificate.h"

namespace herald::http {

/// Who asks, as far as that was proved.
struct Holder {
    Role role = Role::open;
    std::string name;
    Reach reach;
};

/// Immutable: any thread.
class Clients {
public:
    /// Rows with an unknown role are dropped.
    explicit Clients(const std::vector<server::HttpClient>& rows = {});

    /// Who holds a certificate with these names: the first of the rows that is one of its URIs, to
    /// the letter, or of its DNS names; nullopt for a stranger.
    std::optional<Holder> find(const sip::CertificateNames& names) const;

private:
    std::vector<Holder> known_;
};

}  // namespace herald::http
