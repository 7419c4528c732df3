// http/packages.cpp: the event packages there are.
#include "http/routes.h"
#include "packages/package.h"

namespace herald::http {

namespace {

std::string_view publishers_of(const packages::Profile& profile) {
    if (profile.publish_types.empty()) return "nobody";
    return profile.is_published_by_owner ? "owner" : "publishers";
}

}  // namespace

Result<Answer> list_packages(const Call& /*call*/) {
    JsonArray rows;
    for (const auto* package : packages::all()) {
        const auto& profile = package->profile();
        rows.push_back(JsonObject{
            {"name", profile.event},
            {"title", profile.title},
            {"types", texts_of(profile.notify_types)},
            {"published", texts_of(profile.publish_types)},
            {"watch", profile.access == packages::Access::same_domain ? "same_domain" : "owner"},
            {"publish", publishers_of(profile)},
            {"expires", profile.default_expires},
            {"reference", profile.reference},
        });
    }
    return json_answer(JsonObject{{"packages", std::move(rows)}});
}

}  // namespace herald::http
