// server/calls/call_shadows.h: what calls and registrations show elsewhere: somebody on the phone
// in presence, somebody registered in dialog. Never stored: made anew after a start.
#pragma once

#include <string>

#include "server/core/context.h"
#include "server/publish/publications.h"

namespace herald::server {

/// Of one shard, on its thread.
class CallShadows {
public:
    CallShadows(Context& context, Publications& publications);

    /// Somebody is on the phone, or is no more.
    void show_call(const std::string& aor, bool is_on_the_phone);
    /// Whether somebody is registered, as of now.
    void show_registration(const std::string& aor);

private:
    void show(const packages::Package& package, const std::string& aor, Publication made,
              bool is_there);

    Context& context_;
    Publications& publications_;
    const packages::Package& dialog_;
    const packages::Package& presence_;
    const packages::Package& registrations_;
};

}  // namespace herald::server
