-- Digest authentication (RFC 3261 22, RFC 7616, RFC 8760) and what it allows.
config sip.auth = "digest"
account sip:alice@localhost password secret
account sip:bob@localhost password secret
actor Bob is sip:bob@localhost
    password: secret
actor Alice is sip:alice@localhost
    password: secret

# RFC 3261 22.1: a request without credentials is challenged with 401, never 407
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
    WWW-Authenticate: Digest *algorithm=SHA-256*
    WWW-Authenticate: Digest *algorithm=MD5*
    WWW-Authenticate: *realm="localhost"*
    WWW-Authenticate: *qop="auth*
    no Proxy-Authenticate
the server holds 0 subscriptions
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY

# RFC 3261 22.1: a PUBLISH is challenged like everything else
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Alice receives 401
    WWW-Authenticate: Digest *
    no SIP-ETag
Alice answers the challenge
Alice receives 200
    SIP-ETag: *

# RFC 3261 22.4: a wrong password is challenged again, without stale
actor Mallory is sip:bob@localhost
    password: guessed
Mallory sends SUBSCRIBE sip:alice@localhost
    Event: presence
Mallory receives 401
    WWW-Authenticate: {challenge}
Mallory answers the challenge
Mallory receives 401
    WWW-Authenticate: Digest realm="localhost"*
the server holds 0 subscriptions

# RFC 7616 3.3: an old nonce with the right password is stale
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
after 301 s
Bob answers the challenge
Bob receives 401
    WWW-Authenticate: *stale=true*
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY

# RFC 7616 3.4.4: a hash may come in place of the name, where clients are that new
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
    WWW-Authenticate: Digest *algorithm=SHA-256*, userhash=true
    no WWW-Authenticate: Digest *algorithm=MD5*userhash*
-- He hashes his name where he may.
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY

# RFC 7616 3.4.4: where names are wanted as they are no hash is asked for
config sip.digest_userhash = false
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
    no WWW-Authenticate: *userhash*
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY

# RFC 7616 3.5: a client that comes while its nonce ages is handed the next one, and not asked again
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 401
Bob answers the challenge
Bob receives 200
    no Authentication-Info
Bob receives NOTIFY
after 200 s
Bob refreshes
    Authorization: unasked
    Expires: 600
Bob receives 200
    Authentication-Info: nextnonce="*", qop=auth, rspauth="*", cnonce="*", nc=00000002
Bob receives NOTIFY
after 200 s
Bob refreshes
    Authorization: unasked
    Expires: 600
Bob receives 200
    Authentication-Info: nextnonce="*", qop=auth, rspauth="*", cnonce="*", nc=00000001
Bob receives NOTIFY
after 100 s
Bob refreshes
    Authorization: unasked
    Expires: 600
Bob receives 200
    no Authentication-Info
Bob receives NOTIFY

# RFC 7616 3.5: where no nonce is handed out the old one runs out
config sip.digest_next_nonce = false
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 401
Alice answers the challenge
Alice receives 200
after 200 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Authorization: unasked
Alice receives 200
    no Authentication-Info
after 200 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Authorization: unasked
Alice receives 401
    WWW-Authenticate: *stale=true*

# RFC 7616 3.5: a refusal hands out nothing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
after 200 s
Bob sends PUBLISH sip:alice@localhost
    Authorization: unasked
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"/>
Bob receives 403
    no Authentication-Info

# RFC 7616 3.4: credentials that were used before are stale
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
    CSeq: 1 SUBSCRIBE
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
after 33 s
Bob repeats by another way
Bob receives 401
    WWW-Authenticate: *stale=true*

# RFC 3261 22.1: the same Call-ID and CSeq again after a challenge is no loop
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
Bob repeats by another way
Bob receives 401
Bob answers the challenge
    CSeq: 1 SUBSCRIBE
Bob receives 200
Bob receives NOTIFY

# RFC 6665 4.2.1.1: nobody learns who exists before they authenticate
config resources.unknown = "refuse"
Bob sends SUBSCRIBE sip:nobody@localhost
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 404

# RFC 3261 22.4: From must be the user who authenticated
Bob sends SUBSCRIBE sip:alice@localhost
    From: <sip:carol@localhost>;tag=c1
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 403
the server holds 0 subscriptions

# RFC 6665 4.2.1.4: a refresh is challenged too, and the subscription lives meanwhile
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
Bob refreshes
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
the server holds 1 subscriptions

# RFC 6665 6.4: nobody but its watcher ends a subscription
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 200
    To: {to}
    From: <sip:bob@localhost>;tag={tag}
    Call-ID: {call}
    Contact: <{contact}>
Bob receives NOTIFY
Alice sends SUBSCRIBE {contact}
    From: <sip:alice@localhost>;tag={tag}
    To: {to}
    Call-ID: {call}
    CSeq: 100 SUBSCRIBE
    Event: presence
    Expires: 0
Alice receives 401
Alice answers the challenge
Alice receives 403
the server holds 1 subscriptions

# RFC 3903 14: only the owner may publish
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Bob receives 401
Bob answers the challenge
Bob receives 403

# RFC 3903 14: a publisher publishes for the resources and packages it is trusted with
account sip:pbx@localhost password secret
    role: publisher
    resource: *@localhost
    package: presence
actor Pbx is sip:pbx@localhost
    password: secret
Pbx sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Pbx receives 401
Pbx answers the challenge
Pbx receives 200
Pbx sends PUBLISH sip:alice@localhost
    Event: message-summary

    Messages-Waiting: yes
Pbx receives 401
Pbx answers the challenge
Pbx receives 403

# RFC 3903 14: a delegate publishes for the owner who named it
account sip:dora@localhost password secret
    delegate: sip:bob@localhost presence
Bob sends PUBLISH sip:dora@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:dora@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Bob receives 401
Bob answers the challenge
Bob receives 200

# RFC 3325 5: an asserted identity is believed from trusted peers only
actor Stranger is sip:stranger@localhost
    host: 203.0.113.5
Stranger sends SUBSCRIBE sip:alice@localhost
    Event: presence
    P-Asserted-Identity: <sip:bob@localhost>
Stranger receives 401

# RFC 3325 5: a trusted peer's assertion takes the place of credentials
config sip.trusted_peers = ["203.0.113.0/24"]
actor Proxy is sip:bob@localhost
    host: 203.0.113.5
Proxy sends SUBSCRIBE sip:alice@localhost
    Event: presence
    P-Asserted-Identity: "Bob" <sip:bob@localhost>
Proxy receives 200
Proxy receives NOTIFY
    Subscription-State: active;expires=3600

# RFC 3903 14: who may act for a resource stays the same; an alias is a name, not a way around
account sip:101@localhost password phone
actor Phone is sip:101@localhost
    password: phone
an operator makes sip:101@localhost an alias of sip:alice@localhost
Phone sends PUBLISH sip:101@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:101@localhost"><tuple id="a"><status><basic>open</basic></status></tuple></presence>
Phone receives 401
Phone answers the challenge
Phone receives 403
Alice sends PUBLISH sip:101@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:101@localhost"><tuple id="a"><status><basic>open</basic></status></tuple></presence>
Alice receives 401
Alice answers the challenge
Alice receives 200

# RFC 3261 22.1: a user may call herself by an alias of hers in From, others may not
an operator makes sip:101@localhost an alias of sip:alice@localhost
Alice sends REGISTER sip:localhost
    From: <sip:101@localhost>;tag=one
    To: <sip:101@localhost>
    Contact: <sip:101@192.0.2.7>;expires=600
Alice receives 401
Alice answers the challenge
Alice receives 200
    Contact: <sip:101@192.0.2.7>;expires=600
Bob sends REGISTER sip:localhost
    From: <sip:101@localhost>;tag=two
    To: <sip:101@localhost>
    Contact: <sip:101@192.0.2.8>;expires=600
Bob receives 401
Bob answers the challenge
Bob receives 403

# RFC 6665 4.4.1: who is no delegate any more watches no longer
account sip:dora@localhost password secret
    delegate: sip:bob@localhost message-summary
Bob sends SUBSCRIBE sip:dora@localhost
    Event: message-summary
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
    Subscription-State: active;expires=*
account sip:dora@localhost password secret
Bob receives NOTIFY
    Subscription-State: terminated;reason=rejected
    no body
the server holds 0 subscriptions

# RFC 6665 4.4.1: what only a role allowed ends with it, and nothing else does
account sip:chief@localhost password secret
    role: admin
actor Chief is sip:chief@localhost
    password: secret
Chief sends SUBSCRIBE sip:alice@localhost
    Event: presence
Chief receives 401
Chief answers the challenge
Chief receives 200
Chief receives NOTIFY
Chief sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Chief receives 401
Chief answers the challenge
Chief receives 200
Chief receives NOTIFY
    Event: message-summary
account sip:chief@localhost password secret
Chief receives NOTIFY
    Event: message-summary
    Subscription-State: terminated;reason=rejected
the server holds 1 subscriptions

# RFC 6665 4.4.1: the subscriptions of an account end with it
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
an operator removes the account sip:bob@localhost
Bob receives NOTIFY
    Subscription-State: terminated;reason=rejected
    no body
the server holds 0 subscriptions

# RFC 6665 4.4.1: where the account watched is removed there is nothing to watch
config resources.unknown = "refuse"
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
an operator removes the account sip:alice@localhost
Bob receives NOTIFY
    Subscription-State: terminated;reason=noresource
    no body
the server holds 0 subscriptions

# RFC 3856 6.6: whom the owner may still admit waits
config sip.domains = ["localhost", "example.org"]
account sip:dora@example.org password secret
    delegate: sip:bob@localhost presence
Bob sends SUBSCRIBE sip:dora@example.org
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
    Subscription-State: active;expires=*
account sip:dora@example.org password secret
Bob receives NOTIFY
    Subscription-State: pending;expires=*
    no body
the server holds 1 subscriptions

# RFC 6665 4.4.1: a subscription of before a crash ends like any other
account sip:dora@localhost password secret
    delegate: sip:bob@localhost message-summary
Bob sends SUBSCRIBE sip:dora@localhost
    Event: message-summary
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
after 5 s
the server crashes
account sip:dora@localhost password secret
within 5 s Bob receives NOTIFY
    Subscription-State: terminated;reason=rejected
the server holds 0 subscriptions

# RFC 3325 5: a trusted peer that asserts nothing is not challenged: its From counts
config sip.trusted_peers = ["203.0.113.0/24"]
actor Pbx is sip:bob@localhost
    host: 203.0.113.5
Pbx sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Pbx receives 200
Pbx receives NOTIFY
    Subscription-State: active*

# RFC 3323 4.1.1.3: who is anonymous in From is let in by her digest
Alice sends SUBSCRIBE sip:bob@localhost
    From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=x
    Event: presence
Alice receives 401
Alice answers the challenge
Alice receives 200
Alice receives NOTIFY

# RFC 3261 22.3: what is malformed and for another realm is nobody's business here
Alice sends SUBSCRIBE sip:bob@localhost
    Authorization: Digest realm="elsewhere", username="x, nonce=
    Event: presence
Alice receives 401
Alice sends SUBSCRIBE sip:bob@localhost
    Authorization: Digest realm="localhost", username="alice", nonce="", uri="sip:bob@localhost", response=""
    Event: presence
Alice receives 401

# RFC 5627 6.1: which devices there are is nobody's business before they authenticate
actor Mallory is sip:mallory@localhost
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>;+sip.instance="<urn:uuid:1>"
Alice receives 401
Alice answers the challenge
Alice receives 200
Mallory sends SUBSCRIBE sip:alice@localhost;gr=urn:uuid:2
    Event: presence
Mallory receives 401
Bob sends SUBSCRIBE sip:alice@localhost;gr=urn:uuid:2
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 404
