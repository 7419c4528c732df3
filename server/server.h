// server/server.h: the whole SIP side of one process: store, shards, threads: start, run, stop.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "server/admin/admin.h"
#include "server/config/config.h"
#include "sip/transport.h"
#include "store/store.h"

namespace herald::server {

class Profiles;

/// Starts with start(); serves until stop() or its end. All calls from one thread.
class Server {
public:
    /// Opens the store, binds every listener, recovers, and starts the shards' threads. Faults: io,
    /// conflict, invalid_configuration, each with a sentence for the operator.
    static Result<std::unique_ptr<Server>> start(const Config& config, base::Metrics& metrics);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    Admin& admin() noexcept;
    /// The listeners as bound (ports chosen).
    const std::vector<sip::ListenerAddress>& listeners() const noexcept;
    /// The realm of digest credentials.
    const std::string& realm() const noexcept;
    /// Tokens kept in the store, and one more to keep.
    std::vector<store::Token> tokens() const;
    std::size_t recovered_subscriptions() const noexcept;
    /// Nothing was there before this start.
    bool has_new_store() const noexcept;
    /// What devices may fetch, now and after each change. Any thread.
    const Profiles& profiles() const noexcept;
    const store::Home& home() const noexcept;
    /// The server's time, which is no other program's. Any thread; lives as long as the server.
    const base::Clock& clock() const noexcept;

    /// Every shard takes over the reloadable keys of `fresh`.
    void reload(const Config& fresh);
    /// True where every shard has turned since this was last true, and the first time; from then on
    /// they have to turn again. Waits for nobody.
    bool collect_turns();
    /// The first half of a clean end: no request is taken any more, watchers whose flow dies are
    /// told, everything waiting is committed. admin() still answers.
    void retire();
    /// A clean end: retire() where that was not called, then the store is closed. Faults: io.
    Status stop();

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace herald::server
