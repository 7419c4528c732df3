// server/provisioning/known_devices.h: the devices of one shard that something is remembered of.
//
// A device belongs to the shard of its own address (address_of_device()), whoever registers it.
// What is learned is told to that shard and written two seconds later, many in one commit: it is a
// hint, not an answer to anybody.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/text_map.h"
#include "base/timers.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/provisioning/known_device.h"
#include "server/register/bindings.h"

namespace herald::server {

/// A device that waits to be seen to fetch: who is told when it does.
struct AwaitedFetch {
    std::uint64_t job = 0;  ///< id of the job
    std::uint32_t device = 0;
};

/// What a device did with an order.
struct DeviceAnswer {
    std::string event;  ///< without parameters
    int status = 0;
    bool was_challenged = false, is_refusal = false;
};

/// What a device said of itself when it enrolled for its profile (RFC 6080), and what it was told.
struct DeviceEnrolment {
    std::string mac;  ///< empty: not known
    std::string aor;  ///< whose password it had; empty: nobody's
    DeviceModel model;
    std::string user_agent;
    std::vector<std::string> takes;  ///< media types
    std::string offered;             ///< profile and version; empty: none
    bool is_whole = false;           ///< the profile was in the NOTIFY: nothing is left to fetch
    bool is_vouched = false;         ///< by a password, or by the operator
};

/// On its shard's thread.
class KnownDevices final : public Agent {
public:
    KnownDevices(Context& context, const Bindings& bindings);

    /// nullptr: nothing is known of it.
    const KnownDevice* find(std::string_view key) const;
    void for_each(const std::function<void(const KnownDevice&)>& visit) const;

    /// The device as it is written down, made where there is room; `change` sees it and says
    /// whether it learned something that is to be kept.
    void learn(const std::string& key, const std::function<bool(KnownDevice&)>& change);
    /// Kept where it says something new; a device that simply obeys need not be known.
    void note_answer(const std::string& key, const DeviceAnswer& answer);
    /// A device that is known was told where its profile is.
    void note_offer(const std::string& key, const std::string& what);
    /// It took a NOTIFY with its profile. Who nobody vouches for becomes known by none, and changes
    /// nothing that is known of who he says he is but what he was offered.
    void note_enrolment(const std::string& key, const DeviceEnrolment& enrolment);
    /// It fetched a profile, or a file of one: `version` names both.
    void note_fetch(const std::string& key, const std::string& version);
    /// `job` is told when the device fetches a version that it does not have yet.
    void await_fetch(const std::string& key, AwaitedFetch job);
    void abandon(std::uint64_t job);

    void on_registered(const std::string& aor, std::string_view flow) override;
    bool takes(const store::Publication& row) const override;
    void recover(store::Publication row, base::WallTime not_before) override;
    void on_departure(Cell cell) override;
    bool has_changes(Cell cell) const override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return devices_.size() + awaited_.size(); }

private:
    std::uint64_t hash_of(std::string_view key) const;
    KnownDevice* place_of(const std::string& key);
    void save_soon();
    void save();
    void on_saved(const std::vector<std::string>& keys, store::Outcome outcome);
    void count_unsaved() { to_save_.set(unsaved_.size() + saving_); }

    Context& context_;
    const Bindings& bindings_;
    base::TextMap<KnownDevice> devices_;  ///< by key
    /// By hash of the device's address; all of it small, there are many.
    std::unordered_multimap<std::uint64_t, AwaitedFetch> awaited_;
    std::vector<std::string> unsaved_;  ///< keys
    std::size_t saving_ = 0;            ///< of which a commit is under way
    base::TimerId timer_;
    base::Counter& known_;
    base::Counter& to_save_;
    base::Counter& unknown_;
};

}  // namespace herald::server
