-- Outbound (RFC 5626): this server as the edge of another one, whose devices come through it.
config sip.edge_for = ["elsewhere.example"]
config sip.outbound_proxy = "sip:192.0.2.31:5060"
actor Phone is sip:carol@elsewhere.example
    over: tcp
actor Home is sip:home@elsewhere.example
    host: 192.0.2.31

# RFC 5626 5.1: a REGISTER for another server is carried there with a Path that names the flow
Phone sends REGISTER sip:elsewhere.example
    To: <sip:carol@elsewhere.example>
    Supported: path, outbound
    Contact: <sip:carol@192.0.2.77:5070;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=1
    Authorization: Digest username="carol", realm="elsewhere.example", nonce="n", uri="sip:elsewhere.example", response="r"
Home receives REGISTER
    request-uri sip:elsewhere.example
    Path: <sip:flow-*@192.0.2.1:5060;lr;ob>
    Contact: <sip:carol@192.0.2.77:5070;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=1
    Authorization: Digest *realm="elsewhere.example"*
    Max-Forwards: 69
    Route: <sip:192.0.2.31:5060;lr>
Home answers 200 OK
    Contact: <sip:carol@192.0.2.77:5070;transport=tcp>;expires=600
    Service-Route: <sip:home.elsewhere.example;lr>
    Require: outbound
Phone receives 200
    Contact: <sip:carol@192.0.2.77:5070;transport=tcp>;expires=600
    Service-Route: <sip:home.elsewhere.example;lr>
    Require: outbound

# RFC 5626 5.3.1: what comes by that Path goes down the flow, and its answer back whole
Phone sends REGISTER sip:elsewhere.example
    To: <sip:carol@elsewhere.example>
    Supported: path, outbound
Home receives REGISTER
    Path: {path}
Home answers 200 OK
Phone receives 200
Home sends OPTIONS sip:carol@192.0.2.77:5070
    Route: {path}, <sip:next.elsewhere.example;lr>
Phone receives OPTIONS
    request-uri sip:carol@192.0.2.77:5070
    Route: <sip:next.elsewhere.example;lr>
    Max-Forwards: 69
Phone answers 200 OK
    Contact: <sip:carol@192.0.2.77:5070>
    Accept: text/plain
    Content-Type: text/plain

    here
Home receives 200
    Contact: <sip:carol@192.0.2.77:5070>
    Accept: text/plain
    body contains here

# RFC 5626 5.3: where the flow is gone its edge says so, and the next flow of the device is tried
Phone sends REGISTER sip:elsewhere.example
    To: <sip:carol@elsewhere.example>
    Supported: path, outbound
Home receives REGISTER
    Path: {path}
Home answers 200 OK
Phone receives 200
Phone closes the connection
Home sends MESSAGE sip:carol@192.0.2.77:5070
    Route: {path}

    anybody?
Home receives 430

# RFC 5626 5.2: nobody makes a flow token but the edge itself
Home sends MESSAGE sip:carol@192.0.2.77:5070
    Route: <sip:flow-00000000000000000000000000000000756470203020@192.0.2.1:5060;lr;ob>

    anybody?
Home receives 403

# RFC 3327 5.2: a device that does not know of Path cannot be reached behind an edge
Phone sends REGISTER sip:elsewhere.example
    To: <sip:carol@elsewhere.example>
Phone receives 421
    Require: path
Home receives nothing

# RFC 5626 5.1: behind another edge the flow is that one's to name
Phone sends REGISTER sip:elsewhere.example
    Via: SIP/2.0/TCP 192.0.2.60:5060;branch=z9hG4bKedge, SIP/2.0/TCP 192.0.2.77;branch=z9hG4bKphone
    To: <sip:carol@elsewhere.example>
    Path: <sip:their-flow@192.0.2.60;lr;ob>
Home receives REGISTER
    Path: <sip:their-flow@192.0.2.60;lr;ob>
    no Path: <sip:flow-*>
Home answers 200 OK
Phone receives 200

# RFC 5626 5.3.2: a dialog that begins at a device comes back to its flow
Phone sends SUBSCRIBE sip:dave@elsewhere.example
    Event: presence
Home receives SUBSCRIBE
    Record-Route: {route}
    Contact: *
Home answers 200 OK
    Expires: 600
    Contact: <sip:home@192.0.2.31:5060>
Phone receives 200
    Expires: 600
    Contact: <sip:home@192.0.2.31:5060>
Home sends NOTIFY sip:carol@192.0.2.10:5060
    To: <sip:carol@elsewhere.example>;tag=c
    Route: {route}
    Event: presence
    Subscription-State: active;expires=600
Phone receives NOTIFY
    no Route
Home receives 200
the server holds 0 subscriptions

# RFC 3261 16.3: an edge sends on what may go further, and what it understands
Phone sends OPTIONS sip:elsewhere.example
    Max-Forwards: 0
Phone receives 483
Phone sends OPTIONS sip:elsewhere.example
    Proxy-Require: magic
Phone receives 420
    Unsupported: magic
Home receives nothing

# RFC 3261 16.3: without a token a route leads nowhere else
Phone sends OPTIONS sip:elsewhere.example
    Route: <sip:192.0.2.1:5060;lr>, <sip:192.0.2.99:5060;lr>
Home receives OPTIONS
    Route: <sip:192.0.2.31:5060;lr>
Phone receives 200

# RFC 3261 16.11: a call goes through the edge with all that belongs to it, and nothing is kept of it
Phone sends INVITE sip:dave@elsewhere.example
    Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKcall
    Contact: <sip:carol@192.0.2.10:5060;transport=tcp>
Home receives INVITE
    request-uri sip:dave@elsewhere.example
    Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKflow-*;rport;loop=*
    Record-Route: {route}
    Max-Forwards: 69
    Route: <sip:192.0.2.31:5060;lr>
Home answers 100 Trying
Phone receives 100
Home answers 180 Ringing
Phone receives 180
    Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKcall*
Home answers 200 OK
    Record-Route: {route}
    Contact: <sip:dave@192.0.2.31:5060>
    Content-Type: application/sdp

    v=0
Phone receives 200
    Record-Route: {route}
    Contact: <sip:dave@192.0.2.31:5060>
    body contains v=0
Phone sends ACK sip:dave@192.0.2.31:5060
    To: <sip:dave@elsewhere.example>;tag=d
    Route: {route}
Home receives ACK
    request-uri sip:dave@192.0.2.31:5060
Home sends INFO sip:carol@192.0.2.10:5060
    To: <sip:carol@elsewhere.example>;tag=c
    Route: {route}
Phone receives INFO
    no Route
Home receives 200
Phone sends BYE sip:dave@192.0.2.31:5060
    To: <sip:dave@elsewhere.example>;tag=d
    Route: {route}
Home receives BYE
    no Route: {route}
Phone receives 200

# RFC 3261 16.11: copies, the CANCEL and the ACK of a refusal have the branch of their INVITE
Phone sends INVITE sip:dave@elsewhere.example
    Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKcall
    Call-ID: call
Home receives INVITE
    Via: SIP/2.0/UDP 192.0.2.1:5060;branch={branch};rport;loop=*
Home answers 180 Ringing
Phone receives 180
Phone sends CANCEL sip:dave@elsewhere.example
    Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKcall
    Call-ID: call
Home receives CANCEL
    Via: SIP/2.0/UDP 192.0.2.1:5060;branch={branch};rport;loop=*
Phone receives 200
Phone sends ACK sip:dave@elsewhere.example
    Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKcall
    Call-ID: call
Home receives ACK
    Via: SIP/2.0/UDP 192.0.2.1:5060;branch={branch};rport;loop=*

# RFC 5626 5.3: a call comes down the flow of a device, or it is told that the flow is gone
Phone sends REGISTER sip:elsewhere.example
    Supported: path, outbound
Home receives REGISTER
    Path: {path}
Home answers 200 OK
Phone receives 200
Home sends INVITE sip:carol@192.0.2.77:5070
    Route: {path}
    Contact: <sip:home@192.0.2.31:5060>
Phone receives INVITE
    no Route
    Record-Route: <sip:flow-*@192.0.2.1:5060;lr>
Phone answers 486 Busy Here
Home receives 486
Home sends ACK sip:carol@192.0.2.77:5070
    Route: {path}
Phone receives ACK
Phone closes the connection
Home sends INVITE sip:carol@192.0.2.77:5070
    Route: {path}
    Contact: <sip:home@192.0.2.31:5060>
Home receives 430

# RFC 3261 16.3: what one device sends to another one comes by the edge twice, which is no loop
actor Other is sip:erin@elsewhere.example
    over: tcp
Other sends REGISTER sip:elsewhere.example
    Supported: path, outbound
Home receives REGISTER
    Path: {path}
Home answers 200 OK
Other receives 200
Phone sends MESSAGE sip:erin@elsewhere.example

    over the way
Home receives MESSAGE
    Call-ID: {id}
    From: {from}
    Via: {ours}
Home sends MESSAGE sip:erin@192.0.2.78:5070
    Via: SIP/2.0/UDP 192.0.2.31:5060;branch=z9hG4bKspiral
    Via: {ours}
    Route: {path}
    Call-ID: {id}
    From: {from}
    Max-Forwards: 68

    over the way
Other receives MESSAGE
    Max-Forwards: 67
    body contains over the way
Home receives 200
Phone receives 200

# RFC 3261 16.6 step 8: what comes back as it was sent is a loop
each method: MESSAGE INVITE
Phone sends {method} sip:erin@elsewhere.example
    Call-ID: round
    From: <sip:carol@elsewhere.example>;tag=c
Home receives {method}
    Via: {ours}
Home answers nothing
Home sends {method} sip:erin@elsewhere.example
    Via: SIP/2.0/UDP 192.0.2.31:5060;branch=z9hG4bKloop
    Via: {ours}
    Call-ID: round
    From: <sip:carol@elsewhere.example>;tag=c
Home receives 482

# RFC 5626 5.3: a token leads up to the home it was made for, by whatever routes
actor Victim is sip:victim@192.0.2.99
    host: 192.0.2.99
Phone sends REGISTER sip:elsewhere.example
    Supported: path, outbound
Home receives REGISTER
    Path: {path}
Home answers 200 OK
Phone receives 200
Phone sends MESSAGE sip:victim@192.0.2.99:5060
    Route: {path}, <sip:192.0.2.99:5060;lr>

    not there
Home receives MESSAGE
    request-uri sip:victim@192.0.2.99:5060
    Route: <sip:192.0.2.99:5060;lr>
Phone receives 200
Phone sends INVITE sip:victim@192.0.2.99:5060
    Route: {path}
Home receives INVITE
    request-uri sip:victim@192.0.2.99:5060
    Route: <sip:192.0.2.31:5060;lr>
Home answers 403 Forbidden
Phone receives 403
Victim receives nothing

# RFC 5626 5.2: the token of a dialog, which strangers see, lets nobody begin anything
each method: MESSAGE INVITE SUBSCRIBE OPTIONS
Phone sends SUBSCRIBE sip:dave@elsewhere.example
    Event: presence
Home receives SUBSCRIBE
    Record-Route: {route}
Home answers 200 OK
    Expires: 0
    Contact: <sip:home@192.0.2.31:5060>
Phone receives 200
Home sends {method} sip:carol@192.0.2.10:5060
    Route: {route}
Home receives 403
Phone receives nothing

# RFC 6665 4.3: the NOTIFYs of a dialog are recorded as its SUBSCRIBE was
Phone sends SUBSCRIBE sip:dave@elsewhere.example
    Event: presence
Home receives SUBSCRIBE
    Record-Route: {route}
Home answers 200 OK
    Expires: 600
    Contact: <sip:home@192.0.2.31:5060>
Phone receives 200
Home sends NOTIFY sip:carol@192.0.2.10:5060
    To: <sip:carol@elsewhere.example>;tag=c
    Route: {route}
    Event: presence
    Subscription-State: active;expires=600
Phone receives NOTIFY
    Record-Route: {route}
Home receives 200

# RFC 3261 16.3: a device whose proxy this is reaches yet other domains through its home
Phone sends INVITE sip:dave@third.example
    Route: <sip:192.0.2.1:5060;lr>
Home receives INVITE
    request-uri sip:dave@third.example
    Route: <sip:192.0.2.31:5060;lr>
Home answers 486 Busy Here
Phone receives 486

# RFC 5626 4.4.1, 5.4: the connection ends at the edge, which says how often it is to be kept alive
config sip.flow_timer = 120
Phone sends REGISTER sip:elsewhere.example
    Supported: path, outbound
Home receives REGISTER
Home answers 200 OK
    Require: outbound
    Flow-Timer: 900
    Contact: <sip:carol@192.0.2.77>;expires=600
Phone receives 200
    Flow-Timer: 120
    no Flow-Timer: 900
    Contact: <sip:carol@192.0.2.77>;expires=600

# RFC 3261 16.3: no call goes further than it may
Phone sends INVITE sip:dave@elsewhere.example
    Max-Forwards: 0
Phone receives 483
Phone sends INVITE sip:dave@elsewhere.example
    Proxy-Require: magic
Phone receives 420
    Unsupported: magic
Home receives nothing

# RFC 5626 5.2: nobody calls by a token but one of the edge's own
Home sends INVITE sip:carol@192.0.2.77:5070
    Route: <sip:flow-00000000000000000000000000000000756470203020@192.0.2.1:5060;lr;ob>
Home receives 403

# RFC 3261 8.2.1: to the domains served here nobody calls
Phone sends INVITE sip:alice@localhost
Phone receives 405

# RFC 3261 16.3: who came in the server's own name is no way down: it would talk to itself
each method: INFO INVITE
actor Mirror is sip:mirror@elsewhere.example
    host: 192.0.2.1
after 3 s
Mirror sends SUBSCRIBE sip:dave@elsewhere.example
    Event: presence
Home receives SUBSCRIBE
    Record-Route: {route}
Home answers 403 Forbidden
Mirror receives 403
Home sends {method} sip:mirror@192.0.2.1:5060
    To: <sip:mirror@elsewhere.example>;tag=m
    Route: {route}
Home receives 482
Mirror receives nothing
