// server/shard/link.h: what ties the shards of one process together: messages for another shard,
// streams another shard owns.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/metrics.h"
#include "server/address/aliases.h"
#include "server/address/domains.h"
#include "server/core/subject.h"
#include "sip/network.h"
#include "sip/stack.h"
#include "store/store.h"

namespace herald::server {

class Link;

/// The shards of a process as their links know each other. Filled before any loop runs, read-only
/// after.
struct Links {
    struct End {
        base::Loop* loop = nullptr;
        sip::Network* network = nullptr;
        sip::Stack* stack = nullptr;
        std::atomic<std::size_t> waiting{0};  ///< messages posted to it and not yet taken
    };
    std::vector<std::unique_ptr<End>> shards;
};

/// The transport and router of one shard: its own sockets, and a way to those of the others.
/// Nothing blocks: what does not fit is dropped and counted.
class Link final : public sip::Transport, public sip::ShardRouter {
public:
    Link(unsigned shard, Links& links, const Domains& domains, const store::Home& home,
         base::Metrics& metrics);

    bool send(const sip::Flow& flow, std::string_view bytes) override;
    Result<sip::Flow> open(sip::Protocol protocol, const sip::Endpoint& peer,
                           std::string_view domain = {}) override;
    void expect(const sip::Flow& flow, base::Duration limit) override;
    bool is_open(const sip::Flow& flow) const override;
    const sip::ListenerAddress& listener(const sip::Flow& flow) const override;
    std::span<const sip::ListenerAddress> listeners() const override;
    /// Of its own sockets, and of what other shards handed on to it.
    sip::Load load() const override;

    /// Those of this shard; set before any message comes.
    void resolve_with(const Aliases& aliases) { subjects_.emplace(domains_, home_, aliases); }

    /// The shard that has the bucket of its Subject; a request about nobody stays here.
    unsigned shard_of(const sip::Message& request) const override;
    /// The subject of the request that shard_of() was asked about last; to be taken once.
    Subject take_subject() { return std::move(subject_); }
    void forward(unsigned shard, std::span<const char> bytes, const sip::Flow& flow,
                 sip::Framing framing) override;

private:
    bool is_own(const sip::Flow& flow) const noexcept {
        return !sip::is_reliable(flow.protocol) || flow.shard == shard_;
    }
    sip::Network& own() const { return *links_.shards[shard_]->network; }

    unsigned shard_;
    Links& links_;
    const Domains& domains_;
    const store::Home& home_;
    std::optional<SubjectReader> subjects_;
    mutable Subject subject_;
    base::Counter& forwarded_;
    base::Counter& dropped_;
};

}  // namespace herald::server
