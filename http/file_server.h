// http/file_server.h: where phones fetch profiles: the files of files.h on an address of their own.
#pragma once

#include <memory>
#include <utility>

#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "http/files.h"
#include "http/listener.h"
#include "server/admin/admin.h"

namespace herald::http {

/// Serves from start() until it is destroyed.
class FileServer {
public:
    /// `admin`, `metrics` and what `files` names outlive it. Faults: io.
    static Result<std::unique_ptr<FileServer>> start(const Listener::Setup& listener,
                                                     Files::Setup files, server::Admin& admin,
                                                     base::Metrics& metrics,
                                                     const base::Clock& clock);

    void secure(std::shared_ptr<const sip::TlsContext> context) {
        listener_->secure(std::move(context));
    }
    sip::Endpoint address() const { return listener_->address(); }

private:
    FileServer(Files::Setup files, server::Admin& admin, base::Metrics& metrics,
               const base::Clock& clock)
        : files_(std::move(files), admin, metrics, clock) {}

    Files files_;
    std::unique_ptr<Listener> listener_;  ///< last: it asks the files
};

}  // namespace herald::http
