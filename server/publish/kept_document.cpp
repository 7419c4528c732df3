// server/publish/kept_document.cpp: what is kept of a document that somebody tells, and what is
// remembered of a publication that ends.
#include "server/publish/kept_document.h"

#include <algorithm>
#include <utility>

namespace herald::server {

namespace {

/// Publications of one resource that are remembered; those that end beyond are forgotten.
constexpr std::ptrdiff_t kMostRemembered = 1024;

bool is_remembered(const Publication& publication) {
    return publication.rank == packages::Rank::remembered;
}

/// What is remembered outlasts whatever may still say otherwise.
base::WallTime last_expiry(const Resource& resource, base::WallTime at_least) {
    for (const Publication& publication : resource.publications) {
        if (publication.rank == packages::Rank::published)
            at_least = std::max(at_least, publication.expires_at);
    }
    return at_least;
}

}  // namespace

Result<KeptDocument> keep(KeptDocument told, std::string_view source, const Surroundings& known) {
    const auto inputs = known.resource ? known.resource->inputs() : std::vector<packages::Input>();
    const packages::EventState state{
        known.resource ? std::string_view(known.resource->aor) : std::string_view(), inputs,
        known.now, known.settings};
    auto rewritten = known.package.reconcile(*told.admitted, state, source);
    if (!rewritten) return rewritten.fault();
    if (!*rewritten) return told;
    auto admitted = known.package.admit(**rewritten, known.settings);
    if (!admitted) return admitted.fault();
    return KeptDocument{**std::move(rewritten), *std::move(admitted)};
}

std::optional<Publication> remains_of(const Publication& ended, packages::Cause cause,
                                      const Surroundings& known) {
    if (!ended.document || !ended.is_stored() || is_remembered(ended)) return std::nullopt;
    const auto& all = known.resource->publications;
    if (std::count_if(all.begin(), all.end(), is_remembered) >= kMostRemembered)
        return std::nullopt;
    auto text = known.package.remains(*ended.document, cause);
    if (!text) return std::nullopt;
    auto admitted = known.package.admit(*text, known.settings);
    if (!admitted) return std::nullopt;
    Publication remains;
    remains.id = ended.id;
    remains.source = ended.source;
    remains.publisher = ended.publisher;
    remains.rank = packages::Rank::remembered;
    remains.arrived = known.now;
    remains.expires_at = last_expiry(*known.resource, known.now + known.package.profile().memory);
    remains.document = *std::move(admitted);
    remains.type = std::move(text->type);
    remains.body = std::move(text->body);
    return remains;
}

}  // namespace herald::server
