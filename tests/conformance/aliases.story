-- Aliases: several URIs of one resource; every NOTIFY names the URI the watcher asked for.

# RFC 3863 4.1.1: who watches an alias is told of the resource under the name he asked for
an operator makes sip:101@localhost an alias of sip:alice@localhost
Bob sends SUBSCRIBE sip:101@localhost
    To: <sip:101@localhost>
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains entity="sip:101@localhost"
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
    body contains entity="sip:alice@localhost"
after 10 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"><tuple id="a"><status><basic>open</basic></status></tuple></presence>
Alice receives 200
Bob receives NOTIFY
    From: <sip:101@localhost>;tag=*
    body contains entity="sip:101@localhost"
    body contains <basic>open</basic>
    body lacks sip:alice@localhost
Carol receives NOTIFY
    body contains entity="sip:alice@localhost"
    body contains <basic>open</basic>
    body lacks sip:101

# RFC 6665 4.1.2.1: a phone may have a lamp for each alias of one resource
an operator makes sip:101@localhost an alias of sip:alice@localhost
Bob sends SUBSCRIBE sip:101@localhost
    To: <sip:101@localhost>
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains entity="sip:101@localhost"
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains entity="sip:alice@localhost"
the server holds 2 subscriptions
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
the server holds 2 subscriptions

# RFC 3903 6: what is published under an alias is the resource's
an operator makes sip:101@localhost an alias of sip:alice@localhost
an operator makes sip:ALICE@localhost an alias of sip:alice@localhost
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
after 10 s
Alice sends PUBLISH sip:101@localhost
    Event: presence
    Expires: 600

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:101@localhost"><tuple id="a"><status><basic>open</basic></status></tuple></presence>
Alice receives 200
    SIP-ETag: {tag}
Bob receives NOTIFY
    body contains entity="sip:alice@localhost"
    body contains <basic>open</basic>
after 10 s
Alice sends PUBLISH sip:ALICE@localhost
    Event: presence
    SIP-If-Match: {tag}
    Expires: 0
Alice receives 200
Bob receives NOTIFY
    body contains <basic>closed</basic>

# RFC 3680 4.7.1: a device that registers under an alias is the resource's, and each watcher reads the name he knows
an operator makes sip:101@localhost an alias of sip:alice@localhost
Alice sends SUBSCRIBE sip:101@localhost
    To: <sip:101@localhost>
    Event: reg
Alice receives 200
Alice receives NOTIFY
    body contains <registration aor="sip:101@localhost" id="
after 10 s
Dora sends REGISTER sip:localhost
    To: <sip:101@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:101@192.0.2.7>;expires=600
Dora receives 200
    Contact: <sip:101@192.0.2.7>;expires=600
Alice receives NOTIFY
    body contains <registration aor="sip:101@localhost" id="
    body contains <uri>sip:101@192.0.2.7</uri>
after 10 s
Dora sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: two
    CSeq: 1 REGISTER
Dora receives 200
    Contact: <sip:101@192.0.2.7>;expires=590
Dora sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: two
    CSeq: 2 REGISTER
    Contact: *
    Expires: 0
Dora receives 200
Alice receives NOTIFY
    body contains event="unregistered"

# RFC 3261 10.3: an alias of the address is no contact of it
an operator makes sip:101@localhost an alias of sip:alice@localhost
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:101@localhost>;expires=600
Alice receives 403

# RFC 3842 5.2: the account a phone is told is the one it watches
an operator makes sip:101@localhost an alias of sip:alice@localhost
Alice sends SUBSCRIBE sip:101@localhost
    To: <sip:101@localhost>
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Message-Account: sip:101@localhost
after 10 s
an operator sets message-summary of sip:alice@localhost
    Messages-Waiting: yes
    Voice-Message: 1/0
Alice receives NOTIFY
    body contains Messages-Waiting: yes
    body contains Message-Account: sip:101@localhost

# RFC 6665 4.1.3: who watches an address that becomes an alias is told to subscribe again
Bob sends SUBSCRIBE sip:101@localhost
    To: <sip:101@localhost>
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains <basic>closed</basic>
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
after 10 s
an operator makes sip:101@localhost an alias of sip:alice@localhost
Bob receives NOTIFY
    Subscription-State: terminated;reason=deactivated
the server holds 1 subscriptions
Bob sends SUBSCRIBE sip:101@localhost
    To: <sip:101@localhost>
    Event: presence
Bob receives 200
Bob receives NOTIFY
after 10 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"><tuple id="a"><status><basic>open</basic></status></tuple></presence>
Alice receives 200
Bob receives NOTIFY
    body contains entity="sip:101@localhost"
    body contains <basic>open</basic>
Carol receives NOTIFY
    body contains <basic>open</basic>

# RFC 6665 4.1.3: so is who watches an alias that is moved, or removed; nobody else is
an operator makes sip:101@localhost an alias of sip:alice@localhost
an operator makes sip:102@localhost an alias of sip:alice@localhost
Bob sends SUBSCRIBE sip:101@localhost
    To: <sip:101@localhost>
    Event: presence
Bob receives 200
Bob receives NOTIFY
Carol sends SUBSCRIBE sip:102@localhost
    To: <sip:102@localhost>
    Event: presence
Carol receives 200
Carol receives NOTIFY
Dora sends SUBSCRIBE sip:alice@localhost
    Event: presence
Dora receives 200
Dora receives NOTIFY
after 10 s
an operator makes sip:101@localhost an alias of sip:eve@localhost
Bob receives NOTIFY
    Subscription-State: terminated;reason=deactivated
Carol receives nothing
Dora receives nothing
an operator removes the alias sip:102@localhost
Carol receives NOTIFY
    Subscription-State: terminated;reason=deactivated
Dora receives nothing
the server holds 1 subscriptions

# RFC 6665 4.2.1: subscriptions through an alias go on after a crash, under the same name
an operator makes sip:101@localhost an alias of sip:alice@localhost
Bob sends SUBSCRIBE sip:101@localhost
    To: <sip:101@localhost>
    Event: presence
    Expires: 3600
Bob receives 200
Bob receives NOTIFY
the server crashes
Bob receives NOTIFY
    body contains entity="sip:101@localhost"
after 10 s
Alice sends PUBLISH sip:101@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"><tuple id="a"><status><basic>open</basic></status></tuple></presence>
Alice receives 200
Bob receives NOTIFY
    body contains entity="sip:101@localhost"
    body contains <basic>open</basic>
Bob refreshes
Bob receives 200
Bob receives NOTIFY

# RFC 3261 10.3: by another name of the domain a phone is the same user, and reads the name it knows
config sip.auth = "digest"
config sip.domain_aliases = ["phones.example.com=localhost"]
account sip:alice@localhost password wonder
account sip:bob@localhost password builder
actor Alice is sip:alice@localhost
    password: wonder
actor Bob is sip:bob@localhost
    password: builder
Alice sends REGISTER sip:phones.example.com
    From: <sip:alice@phones.example.com>;tag=a
    To: <sip:alice@phones.example.com>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 401
Alice answers the challenge
Alice receives 200
Alice sends PUBLISH sip:alice@phones.example.com
    From: <sip:alice@phones.example.com>;tag=b
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@phones.example.com"><tuple id="a"><status><basic>open</basic></status></tuple></presence>
Alice receives 401
Alice answers the challenge
Alice receives 200
Bob sends SUBSCRIBE sip:alice@phones.example.com
    From: <sip:bob@phones.example.com>;tag=c
    To: <sip:alice@phones.example.com>
    Event: presence
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
    body contains entity="sip:alice@phones.example.com"
    body contains <basic>open</basic>
Bob sends MESSAGE sip:alice@localhost

    x
Bob receives 401
Bob answers the challenge
Alice receives MESSAGE
    request-uri sip:alice@192.0.2.77:5070
Bob receives 200
