// server/admin/admin_carrier.cpp: carries an operator's operations to the shards and back.
#include "server/admin/admin_carrier.h"

#include "server/core/bucket.h"

namespace herald::server {

AdminCarrier::AdminCarrier(std::vector<Shard*> shards, const Domains& domains, store::Store& store,
                           Operations& operations)
    : shards_(std::move(shards)),
      domains_(domains),
      store_(store),
      shared_changes_(std::make_unique<ChangesInTurn>(first().loop(), first().port())),
      operations_(operations) {}

Shard& AdminCarrier::owner_of(std::string_view aor) const {
    return *shards_[shard_of_aor(store_.home().bucket_key, aor, shards_.size())];
}

bool AdminCarrier::Awaited::arrive() {
    const std::scoped_lock lock(mutex_);
    has_arrived_ = true;
    arrived_.notify_one();
    return !is_given_up_;
}

bool AdminCarrier::Awaited::wait() {
    std::unique_lock lock(mutex_);
    is_given_up_ = !arrived_.wait_for(lock, kPatience, [this] { return has_arrived_; });
    return !is_given_up_;
}

Result<std::string> AdminCarrier::our_aor(std::string_view aor) const {
    auto canonical = domains_.aor(aor);
    if (!canonical)
        return Fault{FaultKind::malformed, "This is no SIP address: " + std::string(aor)};
    if (!domains_.serves_host(domain_of(*canonical))) {
        return Fault{FaultKind::not_found,
                     std::string(domain_of(*canonical)) + " is no domain of this server"};
    }
    return *std::move(canonical);
}

Result<std::string> AdminCarrier::resource_of(const std::string& aor) const {
    return ask<std::string>(owner_of(aor), [aor](Shard& shard, auto answer) {
        answer(std::string(shard.context().aliases.resolve(aor)));
    });
}

Result<std::string> AdminCarrier::our_resource(std::string_view aor) const {
    auto canonical = our_aor(aor);
    return canonical ? resource_of(*canonical) : std::move(canonical);
}

Result<const packages::Package*> AdminCarrier::package(std::string_view name) {
    if (const auto* found = packages::find(name)) return found;
    std::string known;
    for (const auto* package : packages::all()) {
        known += (known.empty() ? "" : ", ") + std::string(package->profile().event);
    }
    return Fault{FaultKind::unknown_event,
                 "There is no event package " + std::string(name) + "; there are " + known};
}

Result<AdminCarrier::Named> AdminCarrier::named(std::string_view package,
                                                std::string_view aor) const {
    auto found = AdminCarrier::package(package);
    if (!found) return found.fault();
    auto canonical = our_resource(aor);
    if (!canonical) return canonical.fault();
    return Named{*found, *std::move(canonical)};
}

}  // namespace herald::server
