// http/acceptor.h: takes new connections off a listening socket.
#pragma once

#include "base/loop.h"
#include "base/task.h"
#include "sip/endpoint.h"
#include "sip/socket.h"

namespace herald::http {

class Acceptor {
public:
    using Sink = base::Task<void(sip::Socket socket, const sip::Endpoint& peer)>;

    Acceptor(base::Loop& loop, sip::Socket listening, Sink sink);
    ~Acceptor();
    Acceptor(const Acceptor&) = delete;
    Acceptor& operator=(const Acceptor&) = delete;

    /// No more; the port is free afterwards.
    void stop();

private:
    void accept();
    void pause();

    base::Loop& loop_;
    sip::Socket listening_;
    Sink sink_;
    base::TimerId resume_;
};

}  // namespace herald::http
