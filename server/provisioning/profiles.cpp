// server/provisioning/profiles.cpp: the profiles of the process.
#include "server/provisioning/profiles.h"

#include <utility>

#include "base/hash128.h"

namespace herald::server {

Profiles::Profiles() : now_(packages::ProfileSet::of({})) {}

Profiles::Ptr Profiles::now() const {
    const std::lock_guard lock(mutex_);
    if (!recovered_.empty()) now_ = packages::ProfileSet::of(std::exchange(recovered_, {}));
    return now_;
}

void Profiles::recover(packages::ProfilePtr profile) {
    const std::lock_guard lock(mutex_);
    recovered_.push_back(std::move(profile));
}

void Profiles::replace(Ptr fresh) {
    {
        const std::lock_guard lock(mutex_);
        now_ = fresh;
    }
    for (const auto& listener : listeners_) listener(fresh);
}

void Profiles::on_change(std::function<void(const Ptr&)> listener) {
    listeners_.push_back(std::move(listener));
}

base::HashKey link_key(const store::Home& home) {
    const auto hash = base::keyed_hash128(home.lasting_key, "profile links");
    return {hash.low, hash.high};
}

}  // namespace herald::server
