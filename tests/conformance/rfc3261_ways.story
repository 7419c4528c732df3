-- Where NOTIFYs go: by the way a request of the watcher came, to its Contact, or to its first route
-- (RFC 3261 12.2.1.1, 3263 4.3, 3581 4, 5626 6, 5627 6.1).
text online
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status><note>first</note></tuple></presence>
text busy
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status><note>second</note></tuple></presence>
actor Bob is sip:bob@localhost
    host: 192.0.2.30
actor Desk is sip:desk@localhost
    host: 192.0.2.31
    stands for: Bob

# RFC 3581 4: a watcher that sends from a passing port without rport is told at its Contact
Bob sends SUBSCRIBE sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKpassing
    Contact: <sip:bob@192.0.2.31:5060>
    Event: presence
Bob receives 200
Desk receives NOTIFY
    request-uri sip:bob@192.0.2.31:5060
an operator sets presence of sip:alice@localhost
    {online}
Desk receives NOTIFY
    body contains first

# RFC 3263 4.3: where the Contact answers 503 the flow is next, and then the way
Bob sends SUBSCRIBE sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKpassing
    Contact: <sip:bob@192.0.2.31:5060>
    Event: presence
Bob receives 200
Desk receives NOTIFY
Desk answers 503 Service Unavailable
Bob receives NOTIFY
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
    body contains first
the server holds 1 subscriptions

# RFC 3263 4.3: where nobody listens at the Contact the flow is next, at once
Bob sends SUBSCRIBE sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKpassing
    Contact: <sip:bob@192.0.2.31:5060>
    Event: presence
Bob receives 200
Desk receives NOTIFY
Desk answers nothing
Desk is switched off
Bob receives NOTIFY

# RFC 3263 4.3: where nobody answers at the Contact the flow is next, before anything counts as failed
config notify.timeout_max = 1
Bob sends SUBSCRIBE sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKpassing
    Contact: <sip:bob@192.0.2.31:5060>
    Event: presence
Bob receives 200
Desk receives NOTIFY
Desk answers nothing
after 32 s
Bob receives NOTIFY
the server holds 1 subscriptions

# RFC 3263 4.3: where the flow is dead the Contact is next
Bob sends SUBSCRIBE sip:alice@localhost
    Contact: <sip:bob@192.0.2.31:5060>
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
Bob is switched off
Desk receives NOTIFY
an operator sets presence of sip:alice@localhost
    {online}
Desk receives NOTIFY
    body contains first

# RFC 3261 12.2.1.1: the first of the routes is where NOTIFYs go, not only what their Route says
Bob sends SUBSCRIBE sip:alice@localhost
    Record-Route: <sip:192.0.2.31:5060;lr>
    Event: presence
Bob receives 200
Desk receives NOTIFY
    request-uri sip:bob@192.0.2.30:5060
    Route: <sip:192.0.2.31:5060;lr>
Bob refreshes
Bob receives 200
Desk receives NOTIFY
the server restarts
an operator sets presence of sip:alice@localhost
    {online}
Desk receives NOTIFY
    Route: <sip:192.0.2.31:5060;lr>
    body contains first

# RFC 3261 12.2.1.1: a proxy that did not record itself is passed by, after a restart too
Bob sends SUBSCRIBE sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKproxy;rport, SIP/2.0/UDP 192.0.2.31:5060;branch=z9hG4bKdesk
    Contact: <sip:bob@192.0.2.31:5060>
    Event: presence
Bob receives 200
Desk receives NOTIFY
the server restarts
an operator sets presence of sip:alice@localhost
    {online}
Desk receives NOTIFY
    body contains first
-- The proxy is the other way.
Desk answers 503 Service Unavailable
Bob receives NOTIFY
    body contains first

# RFC 3261 12.2.1.1: a private Contact behind a NAT leads nowhere; a request from there heals
Bob sends SUBSCRIBE sip:alice@localhost
    Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKnat;rport
    Contact: <sip:bob@10.0.0.5:5060>
    Event: presence
Bob receives 200
Bob receives NOTIFY
    request-uri sip:bob@10.0.0.5:5060
Bob answers nothing
Bob is switched off
an operator sets presence of sip:alice@localhost
    {online}
Bob receives nothing
the server holds 1 subscriptions
Bob sends OPTIONS sip:localhost
Bob receives 200
Bob receives NOTIFY
    body contains first

# RFC 6665 4.4.1: a refresh that says another way takes effect at once
Bob sends SUBSCRIBE sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKpassing
    Contact: <sip:bob@192.0.2.31:5060>
    Event: presence
Bob receives 200
Desk receives NOTIFY
Desk answers nothing
Bob refreshes
    Contact: <sip:bob@192.0.2.31:5060>
Bob receives 200
Bob receives NOTIFY
after 100 s
Desk receives nothing
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY

# RFC 5627 6.1: a GRUU whose connection is gone leads to where its instance registered last
actor Phone is sip:bob@localhost
    over: tcp
    host: 192.0.2.40
Phone sends REGISTER sip:localhost
    To: <sip:bob@localhost>
    Contact: <sip:bob@192.0.2.40:5060;transport=tcp>;+sip.instance="<urn:uuid:1>"
Phone receives 200
Phone sends SUBSCRIBE sip:alice@localhost
    Contact: <sip:bob@localhost;gr=urn:uuid:1>
    Event: presence
Phone receives 200
Phone receives NOTIFY
    request-uri sip:bob@localhost;gr=urn:uuid:1
Phone closes the connection
Phone takes no connections
Phone moves to 192.0.2.40:5061
Phone sends REGISTER sip:localhost
    To: <sip:bob@localhost>
    Contact: <sip:bob@192.0.2.40:5061;transport=tcp>;+sip.instance="<urn:uuid:1>"
Phone receives 200
an operator sets presence of sip:alice@localhost
    {online}
Phone receives NOTIFY
    request-uri sip:bob@localhost;gr=urn:uuid:1
    body contains first
the server holds 1 subscriptions

# RFC 5627 6.1: a GRUU that leads to nobody but this server is kept in silence
actor Phone is sip:bob@localhost
    over: tcp
    host: 192.0.2.40
Phone sends SUBSCRIBE sip:alice@localhost
    Contact: <sip:bob@localhost;gr=urn:uuid:1>
    Event: presence
Phone receives 200
Phone receives NOTIFY
Phone closes the connection
Phone takes no connections
an operator sets presence of sip:alice@localhost
    {online}
after 100 s
Phone receives nothing
the server holds 1 subscriptions

# RFC 5626 4.2: a REGISTER of {what} heals the subscriptions it lost
each what: +sip.instance="<urn:uuid:1>" x
actor Phone is sip:bob@localhost
    over: tcp
    host: 192.0.2.40
Phone sends SUBSCRIBE sip:alice@localhost
    Contact: <sip:bob@192.0.2.40:5060;transport=tcp>;{what}
    Event: presence
Phone receives 200
Phone receives NOTIFY
Phone closes the connection
Phone takes no connections
an operator sets presence of sip:alice@localhost
    {online}
Phone receives nothing
Phone moves to 192.0.2.40:5061
Phone sends REGISTER sip:localhost
    To: <sip:bob@localhost>
    Contact: <sip:bob@192.0.2.40:5060;transport=tcp>;{what}
Phone receives 200
Phone receives NOTIFY
    body contains first
an operator sets presence of sip:alice@localhost
    {busy}
Phone receives NOTIFY
    body contains second

# RFC 5626 4.2: a device that registered anew is found there after a restart
actor Phone is sip:bob@localhost
    over: tcp
    host: 192.0.2.40
Phone sends SUBSCRIBE sip:alice@localhost
    Contact: <sip:bob@192.0.2.40:5060;transport=tcp>;+sip.instance="<urn:uuid:1>"
    Event: presence
Phone receives 200
Phone receives NOTIFY
the server restarts
Phone takes no connections
Phone moves to 192.0.2.40:5061
Phone sends REGISTER sip:localhost
    To: <sip:bob@localhost>
    Contact: <sip:bob@192.0.2.40:5061;transport=tcp>;+sip.instance="<urn:uuid:1>"
Phone receives 200
an operator sets presence of sip:alice@localhost
    {online}
Phone receives NOTIFY
    body contains first

# RFC 6665 4.2.1.1: at a limit the oldest subscription that nobody hears gives way
config subscribe.per_watcher_resource = 1
actor Phone is sip:bob@localhost
    over: tcp
    host: 192.0.2.40
Phone sends SUBSCRIBE sip:alice@localhost
    Event: presence
Phone receives 200
Phone receives NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 403
Phone closes the connection
Phone takes no connections
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
the server holds 1 subscriptions

# RFC 3261 26.1.5: {what} is nowhere a watcher may send NOTIFYs
each what: 224.0.0.1 255.255.255.255 192.0.2.1 0.0.0.0
Bob sends SUBSCRIBE sip:alice@localhost
    Record-Route: <sip:{what}:5060;lr>
    Event: presence
Bob receives 200
Bob receives NOTIFY
    Route: <sip:{what}:5060;lr>

# RFC 3261 12.1.1: a Record-Route without <> is refused
Bob sends SUBSCRIBE sip:alice@localhost
    Record-Route: sip:192.0.2.31;lr
    Event: presence
Bob receives 400
    reason Malformed Record-Route

# RFC 3261 19.1.5: what a Contact asks for beside its address is in no Request-URI
Bob sends SUBSCRIBE sip:alice@localhost
    Contact: <sip:bob@192.0.2.30:5060;x=1;method=INVITE?Subject=x&Route=%3Csip:192.0.2.31%3E>
    Event: presence
Bob receives 200
Bob receives NOTIFY
    request-uri sip:bob@192.0.2.30:5060;x=1
    no Route
    no Subject

# RFC 3261 16.12.1.2: {what} is no loose router: it finds itself in the Request-URI
each what: sip:192.0.2.31;x-lr=1 sip:192.0.2.31;lrx sip:lr@192.0.2.31
Bob sends SUBSCRIBE sip:alice@localhost
    Record-Route: <{what}>
    Event: presence
Bob receives 200
Desk receives NOTIFY
    request-uri {what}
    Route: <sip:bob@192.0.2.30:5060>

# RFC 3261 16.12.1.1: {what} is a loose router
each what: sip:192.0.2.31;LR sip:192.0.2.31;lr=on sip:192.0.2.31;transport=udp;lr
Bob sends SUBSCRIBE sip:alice@localhost
    Record-Route: <{what}>
    Event: presence
Bob receives 200
Desk receives NOTIFY
    request-uri sip:bob@192.0.2.30:5060
    Route: <{what}>

# RFC 3261 26.2.2: {what} is reached by the flow, never in clear where it says to be
each what: sips:bob@192.0.2.31:5060 sip:bob@192.0.2.31:5060;transport=tls
Bob sends SUBSCRIBE sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKpassing
    Contact: <{what}>
    Event: presence
Bob receives 200
Bob receives NOTIFY
    request-uri {what}
Desk receives nothing
