// server/core/subject.cpp: whom a request is about.
#include "server/core/subject.h"

#include "server/core/bucket.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

std::optional<sip::Uri> readable(Result<sip::Uri> uri) {
    return uri ? std::optional(*uri) : std::nullopt;
}

/// Whose contacts a REGISTER is about (RFC 3261 10.3 step 5): a SIP URI.
std::optional<sip::Uri> registrant_of(const sip::Message& request) {
    const auto to = sip::parse_name_address(request.to());
    if (!to) return std::nullopt;
    auto uri = readable(sip::parse_uri(to->uri));
    const bool is_sip =
        uri && (uri->scheme == sip::Scheme::sip || uri->scheme == sip::Scheme::sips);
    return is_sip ? uri : std::nullopt;
}

}  // namespace

SubjectReader::SubjectReader(const Domains& domains, const store::Home& home,
                             const Aliases& aliases)
    : domains_(domains), home_(home), aliases_(aliases), gruus_(home.lasting_key) {}

std::optional<sip::Uri> SubjectReader::named_by(const sip::Message& request) const {
    auto uri = readable(sip::parse_uri(request.request_uri()));
    const bool is_register = request.method() == sip::Method::register_;
    if (!uri || uri->scheme != sip::Scheme::tel || is_register) return uri;
    const std::string number = sip::canonical_aor(*uri).substr(std::string_view("tel:").size());
    for (const auto& domain : domains_.names()) {
        std::string aor = "sip:";
        sip::append_escaped_user(aor, number);
        const auto alias = aliases_.find(aor.append("@").append(domain));
        if (!alias.empty()) return readable(sip::parse_uri(alias));
    }
    return uri;
}

Subject SubjectReader::in_dialog(const sip::Message& request, std::uint32_t bucket) const {
    Subject subject;
    subject.uri = readable(sip::parse_uri(request.request_uri()));
    subject.bucket = bucket;
    return subject;
}

std::optional<std::uint32_t> SubjectReader::bucket_of_uri(const sip::Uri& uri,
                                                          const std::string& aor) const {
    if (const auto gruu = gruus_.read(uri)) return gruu->bucket;
    if (!Domains::names_somebody(uri)) return std::nullopt;
    return bucket_of(home_.bucket_key, aor);
}

Subject SubjectReader::read(const sip::Message& request) const {
    const bool is_register = request.method() == sip::Method::register_;
    const auto bucket = is_register ? std::nullopt : bucket_of_tag(request.to_tag());
    if (bucket) return in_dialog(request, *bucket);
    Subject subject;
    subject.uri = named_by(request);
    const auto named = is_register ? registrant_of(request) : subject.uri;
    if (!named) return subject;
    subject.aor = domains_.aor(*named);
    const auto meant = aliases_.resolve(subject.aor);
    if (meant.data() != subject.aor.data()) subject.aor = meant;
    subject.is_ours =
        subject.uri && domains_.serves(*subject.uri) && (!is_register || domains_.serves(*named));
    subject.bucket = bucket_of_uri(*named, subject.aor);
    return subject;
}

}  // namespace herald::server
