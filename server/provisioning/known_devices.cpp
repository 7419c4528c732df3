// server/provisioning/known_devices.cpp: the devices of one shard that something is remembered of.
#include "server/provisioning/known_devices.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/id.h"
#include "base/log.h"
#include "server/provisioning/jobs.h"
#include "server/provisioning/lines.h"

namespace herald::server {

namespace {

constexpr auto kSaveAfter = std::chrono::seconds(2);
constexpr std::size_t kMostDevicesSaved = 1000;
constexpr std::size_t kMostAors = 8;
constexpr std::size_t kMostRefusals = 8;
constexpr std::size_t kLongestUserAgent = 200;
constexpr std::size_t kLongestWord = 64;
/// When a device was seen is written at least so often.
constexpr auto kSeenAfresh = std::chrono::hours(24);

store::PutPublication row_of(const KnownDevice& device) {
    store::PutPublication put;
    put.row.id = device.row;
    put.row.package = kProvisioning;
    put.row.aor = address_of_device(device.key);
    put.row.entity_tag = "known";
    put.row.source = "known";
    put.row.arrived = device.seen;
    put.row.type = kKnownDeviceType;
    put.row.body = to_text(device);
    return put;
}

/// Moves `aor` to the end, where the newest is; false: it was there.
bool note_aor(std::vector<std::string>& aors, const std::string& aor) {
    const auto found = std::find(aors.begin(), aors.end(), aor);
    if (found != aors.end() && found + 1 == aors.end()) return false;
    const bool is_new = found == aors.end();
    if (!is_new) aors.erase(found);
    if (is_new && aors.size() >= kMostAors) aors.erase(aors.begin());
    aors.push_back(aor);
    return is_new;
}

/// False: it says what it said before.
bool note_words(KnownDevice& device, const DeviceEnrolment& said) {
    const auto cut = [](const std::string& text) { return text.substr(0, kLongestWord); };
    const auto put = [](auto& place, auto value) {
        if (place == value) return false;
        place = std::move(value);
        return true;
    };
    auto& told = device.enrolled_as;
    bool is_news = put(told.vendor, cut(said.model.vendor));
    is_news |= put(told.model, cut(said.model.model));
    is_news |= put(told.version, cut(said.model.version));
    is_news |= put(device.takes, said.takes);
    if (device.mac.empty()) is_news |= put(device.mac, said.mac);
    if (device.user_agent.empty())
        is_news |= put(device.user_agent, said.user_agent.substr(0, kLongestUserAgent));
    if (!said.aor.empty()) is_news |= note_aor(device.aors, said.aor);
    return is_news;
}

/// False: it did the same the last time.
bool note_refusal(std::vector<std::pair<std::string, std::uint16_t>>& refusals,
                  const DeviceAnswer& answer) {
    const auto found = std::find_if(refusals.begin(), refusals.end(),
                                    [&](const auto& each) { return each.first == answer.event; });
    const auto status = static_cast<std::uint16_t>(answer.status);
    if (!answer.is_refusal) {
        if (found == refusals.end()) return false;
        refusals.erase(found);
        return true;
    }
    if (found != refusals.end()) return std::exchange(found->second, status) != status;
    if (refusals.size() >= kMostRefusals) refusals.erase(refusals.begin());
    refusals.emplace_back(answer.event, status);
    return true;
}

}  // namespace

KnownDevices::KnownDevices(Context& context, const Bindings& bindings)
    : context_(context),
      bindings_(bindings),
      known_(context.metrics.gauge("herald_provisioning_known_devices",
                                   "Devices of which something is remembered")),
      to_save_(context.metrics.gauge("herald_provisioning_unsaved_devices",
                                     "Devices of which something is not in the store yet")),
      unknown_(context.metrics.counter(
          "herald_provisioning_unknown_devices_total",
          "Times nothing was remembered of a device: provisioning.max_known are known")) {}

const KnownDevice* KnownDevices::find(std::string_view key) const {
    const auto found = devices_.find(key);
    return found == devices_.end() ? nullptr : &found->second;
}

void KnownDevices::for_each(const std::function<void(const KnownDevice&)>& visit) const {
    for (const auto& [key, device] : devices_) visit(device);
}

std::uint64_t KnownDevices::hash_of(std::string_view key) const {
    return base::keyed_hash(context_.home.bucket_key, address_of_device(key));
}

KnownDevice* KnownDevices::place_of(const std::string& key) {
    const auto found = devices_.find(key);
    if (found != devices_.end()) return &found->second;
    if (devices_.size() >= context_.config.provisioning_max_known) {
        unknown_.add();
        return nullptr;
    }
    auto& device = devices_[key];
    device.row = context_.new_row(address_of_device(key));
    device.key = key;
    known_.set(devices_.size());
    return &device;
}

void KnownDevices::learn(const std::string& key, const std::function<bool(KnownDevice&)>& change) {
    auto* device = place_of(key);
    if (!device) return;
    const auto now = context_.wall();
    const bool is_old =
        now - std::exchange(device->seen, std::max(now, device->seen)) > kSeenAfresh;
    if (!change(*device) && !is_old) return;
    if (std::exchange(device->is_unsaved, true)) return;
    unsaved_.push_back(key);
    count_unsaved();
    save_soon();
}

void KnownDevices::note_answer(const std::string& key, const DeviceAnswer& answer) {
    if (!answer.is_refusal && !answer.was_challenged && !find(key)) return;
    learn(key, [&](KnownDevice& device) {
        const bool is_news = device.challenges != answer.was_challenged;
        device.challenges = answer.was_challenged;
        return note_refusal(device.refusals, answer) || is_news;
    });
}

void KnownDevices::note_offer(const std::string& key, const std::string& what) {
    if (!find(key)) return;
    learn(key, [&](KnownDevice& device) {
        device.offered = what;
        device.offered_at = context_.wall();
        return true;
    });
}

void KnownDevices::note_enrolment(const std::string& key, const DeviceEnrolment& enrolment) {
    if (!enrolment.is_vouched && !find(key)) return;
    learn(key, [&](KnownDevice& device) {
        device.enrolled_at = context_.wall();
        return enrolment.is_vouched && note_words(device, enrolment);
    });
    if (enrolment.offered.empty()) return;
    note_offer(key, enrolment.offered);
    if (enrolment.is_whole) note_fetch(key, enrolment.offered);
}

/// Anybody may fetch what is public in the name of any device: that makes none known.
void KnownDevices::note_fetch(const std::string& key, const std::string& version) {
    if (!find(key) && !awaited_.contains(hash_of(key))) return;
    bool is_other = false;
    learn(key, [&](KnownDevice& device) {
        is_other = device.fetched != version;
        device.fetched = version;
        device.fetched_at = context_.wall();
        ++device.fetches;
        return true;
    });
    if (!is_other) return;
    const auto [first, last] = awaited_.equal_range(hash_of(key));
    for (auto each = first; each != last; ++each) {
        context_.peers.post<Jobs>(address_of_job(each->second.job),
                                  [job = each->second](Jobs& owner) {
                                      owner.runs().on_effect(address_of_job(job.job), job.device);
                                  });
    }
    awaited_.erase(first, last);
}

void KnownDevices::await_fetch(const std::string& key, AwaitedFetch job) {
    awaited_.emplace(hash_of(key), job);
}

void KnownDevices::abandon(std::uint64_t job) {
    std::erase_if(awaited_, [job](const auto& each) { return each.second.job == job; });
}

void KnownDevices::on_registered(const std::string& aor, std::string_view /*flow*/) {
    for (const auto* binding : bindings_.of(aor)) {
        auto mac = mac_of_device(binding->instance, binding->user_agent);
        if (mac.empty()) continue;
        const auto agent = binding->user_agent.substr(0, kLongestUserAgent);
        context_.peers.post<KnownDevices>(
            address_of_device(mac), [mac, aor, agent](KnownDevices& owner) {
                owner.learn(mac, [&](KnownDevice& device) {
                    const bool is_same = device.user_agent == agent && device.mac == mac;
                    device.mac = mac;
                    // What it enrolled as was said by other firmware.
                    if (device.user_agent != agent) device.enrolled_as = {};
                    device.user_agent = agent;
                    return note_aor(device.aors, aor) || !is_same;
                });
            });
    }
}

void KnownDevices::save_soon() {
    if (timer_) return;
    timer_ = context_.loop.timers().arm(context_.loop.now() + kSaveAfter, [this] {
        timer_ = {};
        save();
    });
}

void KnownDevices::save() {
    store::ChangePublications rows;
    std::vector<std::string> keys;
    while (!unsaved_.empty() && keys.size() < kMostDevicesSaved) {
        auto key = std::move(unsaved_.back());
        unsaved_.pop_back();
        const auto found = devices_.find(key);
        if (found == devices_.end()) continue;
        found->second.is_unsaved = false;
        rows.changes.emplace_back(row_of(found->second));
        keys.push_back(std::move(key));
    }
    if (!unsaved_.empty()) save_soon();
    saving_ += keys.size();
    count_unsaved();
    if (keys.empty()) return;
    context_.port.commit(std::move(rows), [this, keys = std::move(keys)](store::Outcome outcome) {
        on_saved(keys, outcome);
    });
}

/// The same rows once more are never wrong, whatever became of them.
void KnownDevices::on_saved(const std::vector<std::string>& keys, store::Outcome outcome) {
    saving_ -= keys.size();
    for (const auto& key : keys) {
        if (outcome == store::Outcome::committed) break;
        const auto found = devices_.find(key);
        if (found == devices_.end() || std::exchange(found->second.is_unsaved, true)) continue;
        unsaved_.push_back(key);
    }
    count_unsaved();
    if (!unsaved_.empty()) save_soon();
}

bool KnownDevices::takes(const store::Publication& row) const {
    return !row.is_removed && row.type == kKnownDeviceType;
}

void KnownDevices::recover(store::Publication row, base::WallTime /*not_before*/) {
    auto device = known_device_from_text(row.body);
    if (!device)
        return base::log_warning("device.skipped",
                                 {{"id", row.id}, {"why", device.fault().detail}});
    device->row = row.id;
    auto key = device->key;
    devices_[std::move(key)] = *std::move(device);
    known_.set(devices_.size());
}

/// What was learned is written some seconds later otherwise.
void KnownDevices::on_departure(Cell cell) {
    while (has_changes(cell)) save();
}

bool KnownDevices::has_changes(Cell cell) const {
    return std::any_of(unsaved_.begin(), unsaved_.end(), [&](const std::string& key) {
        return context_.cell_of(address_of_device(key)) == cell;
    });
}

/// The hash of an address says its cell (core/bucket.h).
void KnownDevices::forget_some(Cell cell, Forgetting& forgetting) {
    const auto is_of_cell = [&](const std::string& key) {
        return context_.cell_of(address_of_device(key)) == cell;
    };
    forgetting.erase(devices_, [&](const auto& entry) { return is_of_cell(entry.first); });
    forgetting.erase(awaited_, [cell](const auto& entry) {
        return cell_of(static_cast<std::uint32_t>(entry.first % kBuckets)) == cell;
    });
    forgetting.erase_queued(unsaved_, is_of_cell);
    known_.set(devices_.size());
    count_unsaved();
    if (unsaved_.empty()) context_.loop.timers().cancel(timer_);
}

}  // namespace herald::server
