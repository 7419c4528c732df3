// server/admin/admin_service.cpp: the operator's operations of a running server.
#include "server/admin/admin_service.h"

#include <utility>

#include "server/admin/admin_accounts.h"
#include "server/admin/admin_aliases.h"
#include "server/admin/admin_devices.h"
#include "server/admin/admin_dialogs.h"
#include "server/admin/admin_hard_state.h"
#include "server/admin/admin_hooks.h"
#include "server/admin/admin_jobs.h"
#include "server/admin/admin_mailboxes.h"
#include "server/admin/admin_messages.h"
#include "server/admin/admin_policies.h"
#include "server/admin/admin_presence.h"
#include "server/admin/admin_profiles.h"
#include "server/admin/admin_registrations.h"
#include "server/admin/admin_requests.h"
#include "server/admin/admin_resources.h"
#include "server/admin/admin_subscriptions.h"
#include "server/admin/admin_tokens.h"
#include "server/shard/own_cells.h"

namespace herald::server {

AdminService::AdminService(std::vector<Shard*> shards, const Domains& domains, store::Store& store,
                           Feed& feed, Trace& trace, OwnCells& cells, Operations& operations,
                           std::string realm)
    : carrier_(std::move(shards), domains, store, operations),
      feed_(feed),
      trace_(trace),
      cells_(cells),
      accounts_(account_admin(carrier_, std::move(realm))),
      aliases_(alias_admin(carrier_)),
      dialogs_(dialog_admin(carrier_)),
      devices_(device_admin(carrier_)),
      hard_state_(hard_state_admin(carrier_)),
      hooks_(hook_admin(carrier_)),
      jobs_(job_admin(carrier_)),
      mailboxes_(mailbox_admin(carrier_)),
      messages_(message_admin(carrier_)),
      policies_(policy_admin(carrier_)),
      presence_(presence_admin(carrier_)),
      profiles_(profile_admin(carrier_)),
      registrations_(registration_admin(carrier_)),
      requests_(request_admin(carrier_)),
      resources_(resource_admin(carrier_)),
      subscriptions_(subscription_admin(carrier_)),
      tokens_(token_admin(carrier_)) {}

AdminService::~AdminService() = default;

Status AdminService::give(std::uint64_t cell) {
    if (cell >= kCells) return Fault{FaultKind::not_found, "There are 64 cells, from 0 on"};
    if (carrier_.is_closed()) return Fault{FaultKind::unavailable, "The server is stopping"};
    return cells_.give(static_cast<Cell>(cell));
}

Health AdminService::health() const {
    if (carrier_.is_closed()) return {false, "The server is stopping"};
    if (!carrier_.store().is_writable()) return {false, "The store cannot be written"};
    return {true, {}};
}

}  // namespace herald::server
