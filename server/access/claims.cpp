// server/access/claims.cpp: what a request says of who sent it, and who may say so.
#include "server/access/claims.h"

#include "server/access/authorize.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

/// RFC 3323 4.1.1.3: a name that says that there is none.
constexpr std::string_view kNobody = "anonymous.invalid";

}  // namespace

bool is_anonymous(std::string_view aor) noexcept {
    return aor.empty() || domain_of(aor) == kNobody || aor.starts_with("sip:anonymous@");
}

/// The AOR of a From or To; empty for what cannot be read.
std::string Claims::aor_in(std::string_view field) const {
    const auto named = sip::parse_name_address(field);
    if (!named) return {};
    const auto uri = sip::parse_uri(named->uri);
    return uri ? domains_.aor(*uri) : std::string();
}

Identity Claims::sender(const sip::Message& request, const sip::Uri* from) const {
    Identity identity;
    identity.aor = from ? domains_.aor(*from) : aor_in(request.from());
    identity.account = accounts_.find(identity.aor);
    return identity;
}

std::optional<Identity> Claims::asserted(const sip::Message& request) const {
    for (const auto value : request.list(sip::Header::p_asserted_identity)) {
        const auto address = sip::parse_name_address(value);
        if (!address) continue;
        const auto uri = sip::parse_uri(address->uri);
        if (!uri || uri->scheme == sip::Scheme::tel) continue;
        Identity identity;
        identity.aor = domains_.aor(*uri);
        identity.account = accounts_.find(identity.aor);
        identity.is_trusted_peer = true;
        identity.is_address_proven = true;
        return identity;
    }
    return std::nullopt;
}

AccountPtr Claims::account(const sip::Message& request) const {
    const bool is_register = request.method() == sip::Method::register_;
    const auto aor = aor_in(is_register ? request.to() : request.from());
    return accounts_.find(aliases_.resolve(aor));
}

bool Claims::is_for_elsewhere(const sip::Message& request) const {
    if (request.method() != sip::Method::message || !request.to_tag().empty()) return false;
    const auto uri = sip::parse_uri(request.request_uri());
    if (!uri || domains_.serves(*uri)) return false;
    return uri->has_user || !domains_.is_ours(uri->host);
}

/// Old phones sign their domain, or leave parameters out; in a dialog requests are for our Contact,
/// and some sign whom they watch; a REGISTER is about its To.
bool Claims::is_about(std::string_view uri, const sip::Message& request) const {
    if (uri == request.request_uri()) return true;
    const auto parsed = sip::parse_uri(uri);
    if (!parsed || !domains_.is_ours(parsed->host)) return false;
    if (!parsed->has_user) return true;
    const std::string aor(aliases_.resolve(domains_.aor(*parsed)));
    const auto asked = domains_.aor(request.request_uri());
    if (asked && aliases_.resolve(*asked) == aor) return true;
    const bool is_about_to =
        request.method() == sip::Method::register_ || !request.to_tag().empty();
    return is_about_to && aliases_.resolve(aor_in(request.to())) == aor;
}

/// A PBX publishes and registers in the name of its phones; nobody writes or watches in another's.
bool Claims::may_send(const Identity& who, const sip::Message& request, std::string_view event,
                      const sip::Uri* from) const {
    using Role = store::Account::Role;
    const auto claimed = sender(request, from).aor;
    if (claimed == who.aor || aliases_.resolve(claimed) == who.aor) return true;
    if (domain_of(claimed) == kNobody) return true;
    const auto role = who.account->role;
    // A device enrols as anonymous in its provider's domain (RFC 6080 5.1.4.2).
    if (request.method() == sip::Method::subscribe && is_anonymous(claimed) &&
        !accounts_.find(claimed))
        return true;
    // It is the account that watches, whatever From says.
    if (request.method() == sip::Method::subscribe)
        return role == Role::publisher || role == Role::admin;
    const bool is_register = request.method() == sip::Method::register_;
    if (!is_register && request.method() != sip::Method::publish) return false;
    if (role == Role::admin) return true;
    const auto package = is_register ? packages::registrations().profile().event : event;
    return publishes_for(*who.account, package, aliases_.resolve(claimed));
}

}  // namespace herald::server
