// tests/conformance/live_process.h: one `herald serve`, a process of its own in a folder of its
// own.
#pragma once

#include <string>

#include "base/result.h"
#include "sip/socket.h"

namespace herald::conformance {

/// Ends with this object at the latest; the folder goes with it.
class LiveProcess {
public:
    /// `binary` is the path of the program.
    explicit LiveProcess(std::string binary);
    ~LiveProcess();
    LiveProcess(const LiveProcess&) = delete;
    LiveProcess& operator=(const LiveProcess&) = delete;

    /// Empty: it could not be made. Store, token, configuration and log are in it.
    const std::string& folder() const noexcept { return folder_; }
    /// Returns when the server is ready. Faults: io, timeout, with the end of the log.
    Status start(const std::string& toml);
    /// SIGTERM. Faults: timeout (it was killed then), io (it did not end with 0), with the end of
    /// the log.
    Status stop();
    /// kill -9.
    void kill();
    bool is_running() const noexcept { return pid_ > 0; }
    /// Readable when the process wrote to its standard output or is gone; -1: there is none.
    int output() const noexcept { return output_.fd(); }
    /// Reads what can be read of it. False: the process is gone.
    bool read_output();

private:
    std::string binary_;
    std::string folder_;
    int pid_ = -1;
    sip::Socket output_;  ///< of a pipe
    std::string said_;

    bool await_output(std::string_view text);
    int wait();
    Fault fault(FaultKind kind, std::string why) const;
};

}  // namespace herald::conformance
