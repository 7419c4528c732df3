// tests/support/cutting_proxy.h: a TCP proxy on loopback that cuts a connection where it is told
// to.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace herald::testing {

/// Carries bytes to a server and back. Connections that come after a cut are carried as before.
class CuttingProxy {
public:
    /// To 127.0.0.1:`port`.
    explicit CuttingProxy(std::uint16_t port);
    ~CuttingProxy();
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    /// Of what the client sends from now on, the server gets `bytes`; then both ends are closed.
    void cut_requests_after(std::int64_t bytes) { requests_ = bytes; }
    /// The server gets everything, and its next answer is thrown away; then both ends are closed.
    void swallow_answer() { is_swallowing_ = true; }
    /// Before the `nth` piece that the client sends from now on is carried, `work` is done, by the
    /// proxy's thread. To be said while no client sends.
    void before_request(int nth, std::function<void()> work) {
        work_ = std::move(work);
        until_work_ = nth;
    }
    /// No new connection gets through, and those there are are closed.
    void go_away(bool is_away) { is_away_ = is_away; }
    /// As a pooler of PostgreSQL does: names another process than the one that serves.
    void lie_about_process(bool is_lying) { is_lying_ = is_lying; }
    /// Connections cut so far.
    int cuts() const noexcept { return cuts_; }

private:
    struct Pair;

    void run();
    void accept();
    /// False: the connection is over.
    bool carry(Pair& pair, bool is_from_client);

    const std::uint16_t server_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::atomic<std::int64_t> requests_{-1};  ///< negative: no cut
    std::atomic<int> until_work_{0};          ///< pieces; zero: there is none
    std::function<void()> work_;
    std::atomic<bool> is_swallowing_{false};
    std::atomic<bool> is_away_{false};
    std::atomic<bool> is_lying_{false};
    std::atomic<bool> is_over_{false};
    std::atomic<int> cuts_{0};
    std::vector<std::unique_ptr<Pair>> pairs_;
    std::thread thread_;
};

}  // namespace herald::testing
