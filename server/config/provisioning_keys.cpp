// server/config/provisioning_keys.cpp: the keys of [provisioning].
#include "server/config/provisioning_keys.h"

#include "server/config/config_rows.h"
#include "server/config/config_values.h"

namespace herald::server {

namespace {

constexpr std::uint64_t kDay = 86400;

using namespace rows;

using C = Config;

constexpr ConfigKey kProvisioningKeys[] = {
    number<&C::provisioning_rate>(
        {"provisioning", "rate",
         "NOTIFYs a job sends in a second where it does not say how many itself.", true},
        {1, 2000}),
    number<&C::provisioning_confirm_above>(
        {"provisioning", "confirm_above",
         "A job for more devices than these must say how many it means.", true},
        {0, 1000000}),
    number<&C::provisioning_retry_for>(
        {"provisioning", "retry_for",
         "How long a job waits for unreachable devices to register, where it does not say so "
         "itself.",
         true},
        {60, 30 * kDay, "s"}),
    number<&C::provisioning_keep>(
        {"provisioning", "keep", "How long what became of a job is kept after its end.", true},
        {60, 40 * kDay, "s"}),
    number<&C::provisioning_max_jobs>(
        {"provisioning", "max_jobs",
         "Most jobs kept; the oldest that is over gives way to a new one. With several shards, in "
         "each.",
         true},
        {1, 10000}),
    number<&C::provisioning_max_devices>(
        {"provisioning", "max_devices",
         "Most devices of all jobs kept; with several shards, in each.", true},
        {1, 10000000}),
    list<&C::provisioning_recipes>(
        {"provisioning", "recipes",
         "How devices are told what to do, by patterns of their User-Agent, before what is built "
         "in: \"reboot: Acme*, Other 7* -> check-sync;reboot=true\"; behind the event, a media "
         "type and a body may follow.",
         true},
        read_element<&C::provisioning_recipes, parse_recipe>,
        show_elements<&C::provisioning_recipes>),
};

}  // namespace

std::span<const ConfigKey> provisioning_keys() noexcept {
    return kProvisioningKeys;
}

}  // namespace herald::server
