// server/publish/kept_document.cpp: what is kept of a document that somebody tells, and what is
// remembered of a publication that ends.
#include "server/publish/kept_document.h"

#include <algorithm>
#include <utility>

namespace herald::server {

namespace {

/// Publications of one resource that are remembered; those that end beyond are forgotten, unless
/// they are contradicted, of which there may be as many again.
constexpr std::ptrdiff_t kMostRemembered = 1024;
/// Beyond, none is remembered for longer than it has to be.
constexpr std::ptrdiff_t kManyRemembered = kMostRemembered / 2;

bool is_remembered(const Publication& publication) {
    return publication.rank == packages::Rank::remembered;
}

std::ptrdiff_t remembered_count(const Resource& resource) {
    const auto& all = resource.publications;
    return std::count_if(all.begin(), all.end(), is_remembered);
}

/// What is remembered outlasts whatever may still say otherwise.
base::WallTime last_expiry(const Resource& resource, base::WallTime at_least) {
    for (const Publication& publication : resource.publications) {
        if (publication.rank == packages::Rank::published)
            at_least = std::max(at_least, publication.expires_at);
    }
    return at_least;
}

/// Of a state that lives no longer than the call. `inputs` are those of the resource.
packages::EventState state_of(const Surroundings& known,
                              const std::vector<packages::Input>& inputs) {
    return {known.resource ? std::string_view(known.resource->aor) : std::string_view(), inputs,
            known.now, known.settings};
}

std::vector<packages::Input> inputs_of(const Surroundings& known) {
    return known.resource ? known.resource->inputs() : std::vector<packages::Input>();
}

/// By others than its source.
bool is_contradicted(const packages::Admitted& remembered, std::string_view source,
                     const Surroundings& known) {
    auto inputs = inputs_of(known);
    std::erase_if(inputs, [source](const auto& input) { return input.source == source; });
    return known.package.is_contradicted(remembered, state_of(known, inputs));
}

/// Whether one more may be remembered.
bool has_room_for(const packages::Admitted& remains, std::string_view source,
                  const Surroundings& known) {
    const auto count = remembered_count(*known.resource);
    return count < kMostRemembered ||
           (count < 2 * kMostRemembered && is_contradicted(remains, source, known));
}

base::WallTime remembered_until(const Surroundings& known) {
    const auto usual = known.now + known.package.profile().memory;
    return remembered_count(*known.resource) < kManyRemembered ? last_expiry(*known.resource, usual)
                                                               : usual;
}

/// What is left of a document whose publication ends; null: nothing.
std::optional<KeptDocument> remains_of(const packages::Admitted& ended, packages::Cause cause,
                                       const Surroundings& known) {
    const auto inputs = inputs_of(known);
    auto text = known.package.remains(ended, cause, state_of(known, inputs));
    if (!text) return std::nullopt;
    auto admitted = known.package.admit(*text, known.settings);
    if (!admitted) return std::nullopt;
    return KeptDocument{*std::move(text), *std::move(admitted)};
}

}  // namespace

Result<KeptDocument> keep(KeptDocument told, std::string_view source, const Surroundings& known) {
    const auto inputs = inputs_of(known);
    auto rewritten = known.package.reconcile(*told.admitted, state_of(known, inputs), source);
    if (!rewritten) return rewritten.fault();
    if (!*rewritten) return told;
    auto admitted = known.package.admit(**rewritten, known.settings);
    if (!admitted) return admitted.fault();
    return KeptDocument{**std::move(rewritten), *std::move(admitted)};
}

std::optional<Publication> remains_of(const Publication& ended, packages::Cause cause,
                                      const Surroundings& known) {
    if (!ended.document || !ended.is_stored() || is_remembered(ended)) return std::nullopt;
    auto left = remains_of(*ended.document, cause, known);
    if (!left || !has_room_for(*left->admitted, ended.source, known)) return std::nullopt;
    Publication remains;
    remains.id = ended.id;
    remains.source = ended.source;
    remains.publisher = ended.publisher;
    remains.rank = packages::Rank::remembered;
    remains.arrived = known.now;
    remains.expires_at = remembered_until(known);
    remains.document = std::move(left->admitted);
    remains.type = std::move(left->text.type);
    remains.body = std::move(left->text.body);
    return remains;
}

std::optional<base::WallTime> remembered_on_until(const Publication& remembered,
                                                  const Surroundings& known) {
    if (!is_remembered(remembered) ||
        !is_contradicted(*remembered.document, remembered.source, known))
        return std::nullopt;
    return last_expiry(*known.resource, known.now + known.package.profile().memory);
}

}  // namespace herald::server
