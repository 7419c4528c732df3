// http/file_server.cpp: where phones fetch profiles.
#include "http/file_server.h"

#include <utility>

namespace herald::http {

Result<std::unique_ptr<FileServer>> FileServer::start(const Listener::Setup& listener,
                                                      Files::Setup files, server::Admin& admin,
                                                      base::Metrics& metrics,
                                                      const base::Clock& clock) {
    std::unique_ptr<FileServer> made(new FileServer(std::move(files), admin, metrics, clock));
    auto started = Listener::start(listener, made->files_, admin.feed(), metrics);
    if (!started) return started.fault();
    made->listener_ = *std::move(started);
    return made;
}

}  // namespace herald::http
