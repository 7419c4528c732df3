// server/publish/published_body.cpp: the document in the body of a PUBLISH (RFC 3903 6 step 5,
// 5621).
#include "server/publish/published_body.h"

#include <algorithm>

#include "server/core/answers.h"
#include "sip/fields.h"
#include "sip/multipart.h"

namespace herald::server {

namespace {

/// What looking through a part found.
struct Found {
    const sip::BodyPart* document = nullptr;
    bool lacks_something = false;  ///< a part that must be understood is not
};

bool is_taken(const sip::BodyPart& part, const packages::Profile& profile) {
    const auto& types = profile.publish_types;
    const bool is_plain = part.encoding.empty() || part.encoding == "identity";
    return is_plain && part.disposition == "render" &&
           std::find(types.begin(), types.end(), part.type) != types.end();
}

Found look_through(const sip::BodyPart& part, const packages::Profile& profile);

/// RFC 2046 5.1.4: the last that is understood; the others need not be.
Found best_alternative(const sip::BodyPart& part, const packages::Profile& profile) {
    for (auto each = part.parts.rbegin(); each != part.parts.rend(); ++each) {
        const Found found = look_through(*each, profile);
        if (found.document && !found.lacks_something) return found;
    }
    return {nullptr, part.is_required};
}

Found look_through(const sip::BodyPart& part, const packages::Profile& profile) {
    if (!part.is_multipart()) {
        const bool is_document = is_taken(part, profile);
        return {is_document ? &part : nullptr, !is_document && part.is_required};
    }
    if (part.type == "multipart/alternative") return best_alternative(part, profile);
    Found all;
    for (const auto& each : part.parts) {
        const Found found = look_through(each, profile);
        if (!all.document) all.document = found.document;
        all.lacks_something = all.lacks_something || found.lacks_something;
    }
    return all;
}

sip::Answer not_taken(const packages::Profile& profile) {
    auto refusal = unsupported_media(profile);
    refusal.headers += "Accept-Encoding: identity\r\n";
    return refusal;
}

}  // namespace

std::variant<PublishedBody, sip::Answer> published_body(const sip::Message& request,
                                                        const packages::Profile& profile) {
    if (request.body().size() > profile.max_body) return answer(413);
    const auto content_type = request.header(sip::Header::content_type);
    if (!content_type) return answer(400, "Missing Content-Type");
    if (const auto type = sip::parse_media_type(*content_type); !type)
        return from_fault(type.fault());
    const auto body = sip::parse_body(request);
    if (!body) return from_fault(body.fault());
    const Found found = look_through(*body, profile);
    if (!found.document || found.lacks_something) return not_taken(profile);
    return PublishedBody{found.document->type, found.document->content};
}

}  // namespace herald::server
