// server/provisioning/profiles.h: the profiles of the process: what there is now, read by any
// thread; who wants to hear of changes.
//
//   auto set = profiles.now();
//   auto profile = set->choose(packages::ProfileType::device, facts, is_anonymous);   // null: none
//   auto document = set->render(*profile, file, facts);            // "" is the body
//   auto version = set->version_of(*profile);                      // another one after each change
//
//   URLs are <provisioning.url>/p/<token>/<name>: packages/profile_link.h makes and reads the token
//   with link_key(). A link is good while it has not expired and its version is the profile's.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/id.h"
#include "packages/profile_link.h"
#include "packages/profile_set.h"
#include "store/store.h"

namespace herald::server {

/// One a process. Changed by one thread at a time: that of the shard that keeps the rows.
class Profiles {
public:
    using Ptr = packages::ProfileSet::Ptr;

    Profiles();

    /// Never null. Any thread; whoever asks several things asks one set.
    Ptr now() const;
    /// What is now; then every listener is told, on this thread.
    void replace(Ptr fresh);
    /// One that the store had, before anybody is served; no listener is told.
    void recover(packages::ProfilePtr profile);
    /// Adds a listener, before any loop runs, called after each change.
    void on_change(std::function<void(const Ptr&)> listener);

private:
    mutable std::mutex mutex_;
    mutable Ptr now_;
    mutable std::vector<packages::ProfilePtr> recovered_;  ///< not in `now_` yet
    std::vector<std::function<void(const Ptr&)>> listeners_;
};

/// The key of tokens in URLs: the same on all nodes and over all restarts.
base::HashKey link_key(const store::Home& home);

}  // namespace herald::server
