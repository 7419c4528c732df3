// server/core/flow_text.h: a flow as text: how subscriptions and bindings keep it in the store.
//
//   udp 0 192.0.2.9:5060 contact           and which way is the first (sip/approach.h)
//   udp 0 192.0.2.9:5060 192.0.2.1 flow    ... with the address of this machine it came to
//   tcp 1 192.0.2.9:40000 flow             a subscription's stream is a hint after a restart
//   tcp 1 192.0.2.9:40000 2 7 9 3 flow     a binding's: shard, slot, generation, run
//   udp 0 192.0.2.9:5060 unproven flow     whose device has not shown to be there
//
// Earlier releases wrote no approach.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/approach.h"
#include "sip/endpoint.h"

namespace herald::server {

/// The flow alone, for the log.
std::string to_text(const sip::Flow& flow);
/// As a subscription keeps it.
std::string to_text(const sip::Flow& flow, sip::Approach approach);
/// A flow from any of these texts, of an earlier run: for UDP usable at once, for streams only a
/// hint (slot unset).
sip::Flow flow_from_text(std::string_view text);
/// The approach; nullopt in what an earlier release kept.
std::optional<sip::Approach> approach_in(std::string_view text) noexcept;

/// A flow as a binding keeps it: good in this run of the server, of which `epoch` is the number.
std::string binding_flow(const sip::Flow& flow, std::uint32_t epoch);
/// As above with the approach behind it.
std::string binding_flow(const sip::Flow& flow, std::uint32_t epoch, sip::Approach approach,
                         bool is_proven = true);
/// Whether somebody is known to be where it came from (Identity::is_address_proven).
bool is_proven_in(std::string_view text) noexcept;
/// The flow again; nullopt for a stream of an earlier run, or none at all.
std::optional<sip::Flow> flow_of_binding(std::string_view text, std::uint32_t epoch);
/// The text without its approach where it is a stream from the device itself, whose end says that
/// the device is gone; empty for datagrams and for what came through a proxy.
std::string_view own_stream(std::string_view text) noexcept;

}  // namespace herald::server
