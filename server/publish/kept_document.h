// server/publish/kept_document.h: what is kept of a document that somebody tells, and what is
// remembered of a publication that ends, as its package has it.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "packages/package.h"
#include "server/core/resource.h"

namespace herald::server {

/// A document as it is stored, and as it is composed from.
struct KeptDocument {
    packages::Document text;
    packages::DocumentPtr admitted;
};

/// What a document stands beside.
struct Surroundings {
    const packages::Package& package;
    const Resource* resource;  ///< nullptr: nothing is known of it yet
    const packages::Settings* settings;
    base::WallTime now;
};

/// `told` by `source`, which is empty for a publication that is new. Faults: malformed, too_large.
Result<KeptDocument> keep(KeptDocument told, std::string_view source, const Surroundings& known);

/// What takes the place of a publication that ends; nullopt: nothing, or too much is remembered.
std::optional<Publication> remains_of(const Publication& ended, packages::Cause cause,
                                      const Surroundings& known);

/// Until when a publication is remembered on whose time is over; nullopt: nobody says otherwise any
/// more, it may be forgotten.
std::optional<base::WallTime> remembered_on_until(const Publication& remembered,
                                                  const Surroundings& known);

}  // namespace herald::server
