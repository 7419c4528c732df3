-- Presence by registrations (RFC 3856 6.11, composition rule CO-10): off unless it is wanted.
config presence.from_registrations = true
config presence.registration_grace = 10

# RFC 3856 6.11: who registers is shown as open, who unregisters as closed, at once
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains <basic>closed</basic>
after 10 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.7>;expires=600
Alice receives 200
Bob receives NOTIFY
    body contains <basic>open</basic>
    body contains <tuple id="reg">
    body contains sip:alice@localhost</contact>
after 10 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.7>;expires=600
Alice receives 200
Bob receives nothing
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 3 REGISTER
    Contact: <sip:alice@192.0.2.7>;expires=0
Alice receives 200
Bob receives NOTIFY
    body contains <basic>closed</basic>

# RFC 3856 6.11: a device whose registration runs out is gone after the grace time
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.7>;expires=60
Alice receives 200
Bob receives NOTIFY
    body contains <basic>open</basic>
after 73 s
Bob receives nothing
within 3 s Bob receives NOTIFY
    body contains <basic>closed</basic>

# RFC 3856 6.11: a device that comes back within the grace time was never gone
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.7>;expires=60
Alice receives 200
Bob receives NOTIFY
    body contains <basic>open</basic>
after 70 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.7>;expires=600
Alice receives 200
after 60 s
Bob receives nothing

# RFC 5626 5.4: a device whose connection ends is gone after the grace time, long before its registration ends
actor Phone is sip:alice@localhost
    over: tcp
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Phone sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.7;transport=tcp>;expires=600
Phone receives 200
Bob receives NOTIFY
    body contains <basic>open</basic>
Phone closes the connection
after 9 s
Bob receives nothing
within 3 s Bob receives NOTIFY
    body contains <basic>closed</basic>
after 10 s
Phone sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.7;transport=tcp>;expires=600
Phone receives 200
Bob receives NOTIFY
    body contains <basic>open</basic>
Phone closes the connection
after 5 s
Phone sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 3 REGISTER
    Contact: <sip:alice@192.0.2.7;transport=tcp>;expires=600
Phone receives 200
after 20 s
Bob receives nothing

# RFC 5626 5.4: the connection of an edge proxy says nothing of the devices behind it
actor Edge is sip:edge@localhost
    over: tcp
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Edge sends REGISTER sip:localhost
    Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKedge, SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKphone
    From: <sip:alice@localhost>;tag=a1
    To: <sip:alice@localhost>
    Supported: path
    Path: <sip:edge@192.0.2.9;transport=tcp;lr>
    Contact: <sip:alice@192.0.2.7>;expires=600
Edge receives 200
Bob receives NOTIFY
    body contains <basic>open</basic>
Edge closes the connection
after 100 s
Bob receives nothing

# RFC 3856 6.11: what a user publishes is shown instead
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.7>;expires=600
Alice receives 200
Bob receives NOTIFY
    body contains <tuple id="reg">
after 10 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 60

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"><tuple id="a"><status><basic>closed</basic></status></tuple></presence>
Alice receives 200
Bob receives NOTIFY
    body contains <basic>closed</basic>
    body lacks <tuple id="reg">
within 66 s Bob receives NOTIFY
    body contains <tuple id="reg">
    body contains <basic>open</basic>

# RFC 3856 6.11: after a crash it is made again from the registrations
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 3600
Bob receives 200
Bob receives NOTIFY
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.7>;expires=600
Alice receives 200
Bob receives NOTIFY
    body contains <basic>open</basic>
after 10 s
the server restarts
Bob receives nothing
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 2 REGISTER
    Contact: *
    Expires: 0
Alice receives 200
Bob receives NOTIFY
    body contains <basic>closed</basic>
