// server/publish/publish_decision.cpp: what to do with a PUBLISH, decided from facts alone (RFC
// 3903 6).
#include "server/publish/publish_decision.h"

#include <algorithm>

#include "base/text.h"
#include "server/core/answers.h"
#include "server/publish/kept_document.h"
#include "server/publish/published_body.h"
#include "sip/fields.h"

namespace herald::server {

namespace {

using Checked = std::optional<sip::Answer>;

struct Condition {
    bool is_given = false;
    std::string tag;
};

/// Exactly one token, quotes tolerated (RFC 3903 11.3.2).
std::variant<Condition, sip::Answer> read_condition(const sip::Message& request) {
    if (request.count(sip::Header::sip_if_match) > 1)
        return answer(400, "More than one SIP-If-Match");
    const auto value = request.header(sip::Header::sip_if_match);
    if (!value) return Condition{};
    auto tag = sip::unquote(*value);
    if (tag.empty() || tag.find_first_of(" \t,;") != std::string::npos) {
        return answer(400, "SIP-If-Match is not one entity-tag");
    }
    return Condition{true, std::move(tag)};
}

const Publication* find_tag(const Resource* resource, std::string_view tag) {
    return resource ? resource->by_tag(tag) : nullptr;
}

const Publication* earlier_of(const PublishFacts& facts) {
    if (!facts.supersedes || !facts.resource) return nullptr;
    const auto& all = facts.resource->publications;
    const auto found = std::find_if(all.begin(), all.end(), [&](const Publication& publication) {
        // Not the bindings of the same publisher.
        return publication.publisher == facts.publisher && !publication.is_permanent() &&
               publication.rank == packages::Rank::published;
    });
    return found == all.end() ? nullptr : &*found;
}

/// The publications that the limit counts: not operators' state, not the members of a group.
std::size_t published_count(const Resource& resource) {
    return static_cast<std::size_t>(
        std::count_if(resource.publications.begin(), resource.publications.end(),
                      [](const Publication& publication) {
                          return publication.rank == packages::Rank::published;
                      }));
}

/// Unlike SUBSCRIBE there is no clause about one hour (RFC 3903 6 step 4).
std::optional<std::uint32_t> publish_expires(std::optional<std::uint32_t> asked,
                                             const ExpiryRules& rules) {
    const std::uint32_t wanted = asked.value_or(rules.standard);
    if (wanted == 0) return 0;
    if (wanted < rules.minimum) return std::nullopt;
    return std::min(wanted, rules.maximum);
}

/// The refusal of the body, else its document in `plan`.
Checked admit_body(const PublishFacts& facts, PublishPlan& plan) {
    auto body = published_body(facts.request, facts.package.profile());
    if (auto* refusal = std::get_if<sip::Answer>(&body)) return std::move(*refusal);
    auto& published = std::get<PublishedBody>(body);
    packages::Document submitted{std::move(published.type), std::string(published.content)};
    auto document = facts.package.admit(submitted, facts.settings);
    if (!document) return from_fault(document.fault());
    auto kept = keep({std::move(submitted), *std::move(document)},
                     plan.target ? std::string_view(plan.target->source) : std::string_view(),
                     {facts.package, facts.resource, facts.settings, facts.now});
    if (!kept) return from_fault(kept.fault());
    plan.document = std::move(kept->admitted);
    plan.type = std::move(kept->text.type);
    plan.body = std::move(kept->text.body);
    return std::nullopt;
}

std::variant<PublishPlan, sip::Answer> decide_initial(const PublishFacts& facts,
                                                      std::uint32_t expires) {
    if (facts.request.body().empty())
        return answer(400, "PUBLISH without body and without SIP-If-Match");
    PublishPlan plan{PublishOperation::initial, earlier_of(facts), expires, nullptr, {}};
    if (auto refusal = admit_body(facts, plan)) return *std::move(refusal);
    if (expires == 0) return PublishPlan{PublishOperation::nothing};
    if (!plan.target && facts.resource &&
        published_count(*facts.resource) >= facts.max_publications) {
        return answer(403, "Too many publications");
    }
    return plan;
}

std::variant<PublishPlan, sip::Answer> decide_known(const PublishFacts& facts,
                                                    const Publication& target,
                                                    std::uint32_t expires) {
    if (expires == 0) return PublishPlan{PublishOperation::remove, &target};
    if (facts.request.body().empty())
        return PublishPlan{PublishOperation::refresh, &target, expires, nullptr, {}};
    PublishPlan plan{PublishOperation::modify, &target, expires, nullptr, {}};
    if (auto refusal = admit_body(facts, plan)) return *std::move(refusal);
    return plan;
}

}  // namespace

std::variant<PublishPlan, sip::Answer> decide_publish(const PublishFacts& facts) {
    if (!facts.may_publish) return answer(403);
    if (!facts.is_ours || !facts.is_known) return answer(404);
    if (const auto* done = facts.resource ? facts.resource->by_mark(facts.mark) : nullptr) {
        return PublishPlan{PublishOperation::repeat, done, done->granted, nullptr, {}};
    }
    auto read = read_condition(facts.request);
    if (auto* refusal = std::get_if<sip::Answer>(&read)) return std::move(*refusal);
    const auto& condition = std::get<Condition>(read);
    const auto* target = condition.is_given ? find_tag(facts.resource, condition.tag) : nullptr;
    if (condition.is_given && !target) return answer(412);

    const auto expires = publish_expires(asked_expires(facts.request), facts.expiry);
    if (!expires) return interval_too_brief(facts.expiry.minimum);
    return target ? decide_known(facts, *target, *expires) : decide_initial(facts, *expires);
}

}  // namespace herald::server
