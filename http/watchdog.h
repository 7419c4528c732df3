// http/watchdog.h: ends connections whose request does not arrive in time, so that slow peers hold
// no thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace herald::http {

/// Deadlines of open connections, by a key of the caller's. When one passes, its `cut` runs, once,
/// on the watchdog's thread. A connection is either expected to send (it has a deadline) or being
/// answered (it has none). Any thread.
class Watchdog {
public:
    using Key = const void*;
    using Cut = std::function<void()>;
    using Time = std::chrono::steady_clock::duration;

    Watchdog();
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// Watches a new connection. `cut` must not throw or call back.
    void add(Key key, Time limit, Cut cut);
    /// The peer has `limit` from now to send the rest.
    void expect(Key key, Time limit);
    /// All has arrived. False: too late, the connection was cut.
    bool arrived(Key key);
    void remove(Key key);
    /// Cuts every connection that is expected to send, now and later.
    void cut_all();

private:
    using Clock = std::chrono::steady_clock;
    struct Entry {
        Cut cut;
        Clock::time_point deadline = Clock::time_point::max();
        bool is_cut = false;
    };
    void run();
    static void cut(Entry& entry);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<Key, Entry> entries_;
    bool is_ending_ = false;  ///< the thread is to end
    bool cuts_all_ = false;
    std::thread thread_;  ///< last: everything is there when it starts
};

}  // namespace herald::http
