// packages/external_body.cpp: a document that is named, not sent (RFC 4483).
#include "packages/external_body.h"

#include <array>

#include <openssl/evp.h>

#include "base/hash128.h"
#include "base/text.h"

namespace herald::packages {

namespace {

/// RFC 4483 5.6 knows no other hash. It shows damage, not forgery.
std::string sha1_hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
        return {};
    return base::to_hex({reinterpret_cast<const char*>(digest.data()), size});
}

/// A line that is in none of the parts, the same for the same parts.
std::string boundary_of(std::span<const Document> parts) {
    constexpr base::HashKey kKey{0x626f756e64617279, 0};
    std::string all;
    for (const auto& part : parts) all += part.type + '\n' + part.body;
    for (std::uint64_t n = 0;; ++n) {
        auto boundary = "herald-" + std::to_string(base::keyed_hash({kKey[0], n}, all));
        if (all.find(boundary) == std::string::npos) return boundary;
    }
}

}  // namespace

Document external_body(const ExternalBody& of) {
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(of.expires_at.time_since_epoch()).count();
    Document made;
    made.type = "message/external-body; access-type=\"URL\"; expiration=\"" +
                base::to_http_date(seconds) + "\"; URL=\"" + of.url +
                "\"; size=" + std::to_string(of.content.size()) + "; hash=" + sha1_hex(of.content);
    made.body =
        "Content-Type: " + of.content_type + "\r\nContent-ID: <" + of.content_id + ">\r\n\r\n";
    return made;
}

Document multipart(std::span<const Document> parts) {
    const auto boundary = boundary_of(parts);
    Document made{"multipart/mixed;boundary=\"" + boundary + "\"", {}};
    for (const auto& part : parts) {
        made.body += "--" + boundary + "\r\nContent-Type: " + part.type + "\r\n\r\n";
        made.body += part.body + "\r\n";
    }
    made.body += "--" + boundary + "--\r\n";
    return made;
}

}  // namespace herald::packages
