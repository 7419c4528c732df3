-- The registrar: RFC 3261 10.3, Path (RFC 3327), outbound (RFC 5626), GRUU (RFC 5627).

# RFC 3261 10.3: a contact without any expiry is bound for the default time
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1:5070>
Alice receives 200
    Contact: <sip:alice@192.0.2.1:5070>;expires=3600
    Date: {date}
    no Record-Route
after 60 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 200
    Contact: <sip:alice@192.0.2.1:5070>;expires=3540

# RFC 3261 10.3: each answer lists every binding, with its parameters and what is left of it
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: "Desk" <sip:alice@192.0.2.1:5070;transport=tcp>;q=0.5;expires=600
Alice receives 200
after 100 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.2:5070>;expires=7200;+x.colour="blue"
Alice receives 200
    Contact: "Desk" <sip:alice@192.0.2.1:5070;transport=tcp>;q=0.5;expires=500
    Contact: <sip:alice@192.0.2.2:5070>;+x.colour="blue";expires=7200

# RFC 3261 10.3 step 6: a star with Expires 0 removes every binding
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>, <sip:alice@192.0.2.2>
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: *
    Expires: 0
Alice receives 200
    no Contact

# RFC 3261 10.3 step 6: a star alone, with a time, or beside a contact is refused
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: *
Alice receives 400
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: *
    Expires: 60
Alice receives 400
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: *, <sip:alice@192.0.2.3>
    Expires: 0
Alice receives 400
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;expires={left}

# RFC 3261 10.3 step 7: within a Call-ID the CSeq must rise, and a failure changes nothing
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 7 REGISTER
    Contact: <sip:alice@192.0.2.1>;expires=600
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 7 REGISTER
    Contact: <sip:alice@192.0.2.1>;expires=900, <sip:alice@192.0.2.2>
Alice receives 500
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 6 REGISTER
    Contact: *
    Expires: 0
Alice receives 500
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: two
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.1>;expires=300
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;expires=300

# RFC 3261 10.3 step 7: one contact that is too brief refuses all
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>;expires=600, <sip:alice@192.0.2.2>;expires=5
Alice receives 423
    Min-Expires: 60
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 200
    no Contact

# RFC 3261 10.2.1.1: what is too long is shortened, what is malformed is an hour
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>;expires=90000, <sip:alice@192.0.2.2>;expires=abc
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;expires=7200
    Contact: <sip:alice@192.0.2.2>;expires=3600

# RFC 3261 19.1.4: equal URIs are one binding, transport makes two
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1;x=1>
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>;expires=600
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;expires=600
    no Contact: <sip:alice@192.0.2.1;x=1>;expires=3600
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1;transport=tcp>
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;expires=600
    Contact: <sip:alice@192.0.2.1;transport=tcp>;expires=3600

# RFC 3261 10.2.2: a contact goes with its expiry of zero, an unknown one without complaint
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>, <sip:alice@192.0.2.2>
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>;expires=0, <sip:alice@192.0.2.9>;expires=0
Alice receives 200
    Contact: <sip:alice@192.0.2.2>;expires=3600

# RFC 3261 10.2.4: a device that refreshes exactly when its time is over keeps its binding
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.1>;expires=600
Alice receives 200
after 600 s
after 4 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;expires=1
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.1>;expires=600
Alice receives 200
after 60 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;expires=540

# RFC 3261 10.3: a binding ends with its time
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>;expires=600
Alice receives 200
after 606 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 200
    no Contact

# RFC 3261 10.3 steps 1 and 5: another domain is 404, a To that is no SIP URI 400
Alice sends REGISTER sip:elsewhere.example
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>
Alice receives 404
Alice sends REGISTER sip:localhost
    To: <sip:alice@elsewhere.example>
    Contact: <sip:alice@192.0.2.1>
Alice receives 404
Alice sends REGISTER sip:localhost
    To: <tel:+4930123>
    Contact: <sip:alice@192.0.2.1>
Alice receives 400

# RFC 3261 10.3: with a limit on contacts, one too many changes nothing
config register.max_contacts = 2
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>, <sip:alice@192.0.2.2>
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.3>
Alice receives 403
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>;expires=0, <sip:alice@192.0.2.3>
Alice receives 200
    Contact: <sip:alice@192.0.2.2>;expires=3600
    Contact: <sip:alice@192.0.2.3>;expires=3600

# RFC 5627 5.1: a contact that leads back to the address-of-record is refused
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@localhost>
Alice receives 403

# RFC 3327 5.3: Path is kept and shown where the device supports it, else refused
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: path
    Path: <sip:edge1.example.com;lr>
    Path: <sip:edge2.example.com;lr>
    Contact: <sip:alice@192.0.2.1>
Alice receives 200
    Path: <sip:edge1.example.com;lr>
    Path: <sip:edge2.example.com;lr>
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Path: <sip:edge1.example.com;lr>
    Contact: <sip:alice@192.0.2.1>
Alice receives 420
    Unsupported: path

# RFC 3327 5.3: a Path without any value is none
Alice sends raw
    REGISTER sip:localhost SIP/2.0
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKempty
    From: <sip:alice@localhost>;tag=a1
    To: <sip:alice@localhost>
    Call-ID: empty-path
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10:5060>
    Path:
    Content-Length: 0
Alice receives 200
    Contact: <sip:alice@192.0.2.10:5060>*
    no Path

# RFC 5626 6: instance and reg-id name the binding, whatever its contact
actor Alice is sip:alice@localhost
    over: tcp
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@192.0.2.1;transport=tcp>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1
Alice receives 200
    Require: outbound
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@198.51.100.7;transport=tcp>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";reg-id=1;expires=600
Alice receives 200
    Contact: <sip:alice@198.51.100.7;transport=tcp>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";reg-id=1;expires=600
    no Contact: <sip:alice@192.0.2.1;transport=tcp>{rest}
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@192.0.2.1>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";reg-id=1, <sip:alice@192.0.2.2>
Alice receives 400

# RFC 5626 6, 8: a registration by UDP is a flow too, whatever its contact
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@198.51.100.7>;+sip.instance="<urn:uuid:1>";reg-id=1
Alice receives 200
    Require: outbound
    no Flow-Timer
Bob sends MESSAGE sip:alice@localhost

    by the flow
Alice receives MESSAGE
    request-uri sip:alice@198.51.100.7
    body contains by the flow
Bob receives 200

# RFC 5626 5.4: a device on a stream is told how often to keep it alive, where that is wanted
config sip.flow_timer = 120
actor Alice is sip:alice@localhost
    over: tcp
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@192.0.2.1;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=1
Alice receives 200
    Require: outbound
    Flow-Timer: 120
Bob sends REGISTER sip:localhost
    To: <sip:bob@localhost>
    Supported: outbound, path
    Contact: <sip:bob@192.0.2.2>;+sip.instance="<urn:uuid:2>";reg-id=1
Bob receives 200
    Require: outbound
    no Flow-Timer

# RFC 5626 6: an edge without outbound support is told so
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Via: SIP/2.0/UDP 192.0.2.44;branch=z9hG4bKedge
    Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKphone
    Supported: outbound, path
    Path: <sip:edge1.example.com;lr>
    Contact: <sip:alice@192.0.2.1>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";reg-id=1
Alice receives 439

# RFC 5627 5.4: the public GRUU stays, each REGISTER makes a new temporary one
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: gruu
    Contact: <sip:alice@192.0.2.1>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";expires=3600;pub-gruu="sip:alice@localhost;gr=urn:uuid:00000000-0000-1000-8000-000a95a0e128";temp-gruu="sip:{first}@localhost;gr"
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: gruu
    Contact: <sip:alice@192.0.2.1>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";expires=3600;pub-gruu="sip:alice@localhost;gr=urn:uuid:00000000-0000-1000-8000-000a95a0e128";temp-gruu="sip:{second}@localhost;gr"
{first} is not {second}
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>";expires=3600

# RFC 3261 10.3: bindings outlive the process
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: lasting
    CSeq: 3 REGISTER
    Contact: "Desk" <sip:alice@192.0.2.1>;q=0.5;expires=600
Alice receives 200
the server restarts after 10 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 200
    Contact: "Desk" <sip:alice@192.0.2.1>;q=0.5;expires=590
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: lasting
    CSeq: 3 REGISTER
    Contact: <sip:alice@192.0.2.1>;expires=600
Alice receives 500

# RFC 3261 17.2.2: a REGISTER whose answer a crash swallowed gets that answer again
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.1>;expires=600
the server crashes before it answers
Alice repeats
Alice receives 200
    Contact: <sip:alice@192.0.2.1>;expires=600
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: *
    Expires: 0
the server crashes before it answers
Alice repeats
Alice receives 200
    no Contact

# RFC 3261 10.3 steps 3 and 4: nobody registers for somebody else, and asking is not enough
config sip.auth = "digest"
account sip:alice@localhost password secret
account sip:bob@localhost password secret
actor Bob is sip:bob@localhost
    password: secret
Bob sends REGISTER sip:localhost
    To: <sip:bob@localhost>
    Contact: <sip:bob@192.0.2.1>
Bob receives 401
Bob answers the challenge
Bob receives 200
    Contact: <sip:bob@192.0.2.1>;expires=3600
Bob sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:bob@192.0.2.1>
Bob receives 401
Bob answers the challenge
Bob receives 403

# RFC 3261 10.3: a user nobody knows is 404 where users must be known
config resources.unknown = "refuse"
config sip.auth = "digest"
account sip:admin@localhost password secret
actor Admin is sip:admin@localhost
    password: secret
Admin sends REGISTER sip:localhost
    To: <sip:admin@localhost>
    Contact: <sip:admin@192.0.2.1>
Admin receives 401
Admin answers the challenge
Admin receives 200
