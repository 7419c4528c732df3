// server/message/recipients.h: whom a Request-URI names: a user, one device of a user, another
// domain (RFC 3261 16.5, RFC 5627 6.1).
#pragma once

#include <string>
#include <vector>

#include "server/address/gruu.h"
#include "server/core/context.h"
#include "server/core/subject.h"
#include "server/message/message_decision.h"
#include "server/register/bindings.h"

namespace herald::server {

/// Looks up for one shard.
class Recipients {
public:
    Recipients(const Context& context, const Bindings& bindings);

    struct Found {
        Recipient kind = Recipient::nobody;
        std::string aor;  ///< of a user
        std::vector<const packages::Binding*> devices;
    };
    Found find(const sip::Uri& uri) const;
    /// ... of a request, whose subject says already what its Request-URI means here.
    Found find(const Subject& subject) const;

private:
    Found find_here(const sip::Uri& uri, std::string aor) const;

    const Context& context_;
    const Bindings& bindings_;
    const Gruus gruus_;
};

}  // namespace herald::server
