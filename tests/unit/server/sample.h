// tests/unit/server/sample.h: requests, accounts and profiles to decide about.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "packages/package.h"
#include "server/access/identity.h"
#include "sip/message.h"
#include "tests/support/fake_transport.h"

namespace herald::server::testing {

/// A request that owns its bytes. `lines` stand after the usual ones; a body after an empty line.
class Request {
public:
    explicit Request(std::string_view method, std::string_view lines = {},
                     std::string_view to = "<sip:alice@example.com>",
                     std::string_view from = "<sip:bob@example.com>")
        : bytes_(test::wire(text_of(method, lines, to, from))) {
        auto result = sip::parse({bytes_.data(), bytes_.size()}, sip::Framing::datagram,
                                 {.message = 1 << 20});
        REQUIRE(result.error == sip::ParseOutcome::Error::none);
        message_ = std::move(result.message);
    }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    const sip::Message& operator*() const { return message_; }

private:
    static std::string text_of(std::string_view method, std::string_view lines, std::string_view to,
                               std::string_view from) {
        std::string text(method);
        text +=
            " sip:alice@example.com SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\n"
            "From: ";
        text += from;
        text += ";tag=b\nTo: ";
        text += to;
        text += "\nCall-ID: c\nCSeq: 1 ";
        text += method;
        text += '\n';
        text += lines;
        if (lines.find("\n\n") == std::string_view::npos) text += '\n';
        return text;
    }

    std::string bytes_;
    sip::Message message_;
};

inline const packages::Package& presence() {
    return *packages::find("presence");
}
inline const packages::Package& message_summary() {
    return *packages::find("message-summary");
}

inline store::Account account(std::string aor,
                              store::Account::Role role = store::Account::Role::user) {
    store::Account account;
    account.aor = std::move(aor);
    account.username = account.aor.substr(4, account.aor.find('@') - 4);
    account.realm = "example.com";
    account.role = role;
    return account;
}

inline Identity identity(store::Account account) {
    Identity who;
    who.aor = account.aor;
    who.account = std::make_shared<const store::Account>(std::move(account));
    return who;
}

inline Identity user(std::string aor) {
    return identity(account(std::move(aor)));
}

}  // namespace herald::server::testing
