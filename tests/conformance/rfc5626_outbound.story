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
