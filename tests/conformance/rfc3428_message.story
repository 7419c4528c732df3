-- MESSAGE: RFC 3428; relayed as a proxy does (RFC 3261 16), kept for who is not there.
actor Bob is sip:bob@localhost
actor Alice is sip:alice@localhost

# RFC 3428 5: a message goes to the registered device, its answer back, both without Contact
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost
    no Contact
    Subject: lunch
    X-Colour: blue

    Now?
Alice receives MESSAGE
    request-uri sip:alice@192.0.2.77:5070
    Subject: lunch
    X-Colour: blue
    Content-Type: text/plain
    Max-Forwards: 69
    body contains Now?
    no Contact
    no Record-Route
Alice answers 200 Read
    Contact: <sip:alice@192.0.2.77:5070>
    X-Answer: here
Bob receives 200
    reason Read
    X-Answer: here
    no Contact

# RFC 3261 16.7: a refusal of the only device is the answer
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    <svg/>
Alice receives MESSAGE
Alice answers 415 Unsupported Media Type
    Accept: text/plain
Bob receives 415
    Accept: text/plain

# RFC 3261 16.7: of two devices the first 2xx counts
actor Carol is sip:alice@localhost
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Carol sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.78:5070>
Carol receives 200
Bob sends MESSAGE sip:alice@localhost

    both
Carol receives MESSAGE
    Max-Breadth: 30
Carol answers 486 Busy Here
Alice receives MESSAGE
    body contains both
Bob receives 200

# RFC 3261 16.7 step 6: of refusals a 6xx is the best, then the lowest class
actor Carol is sip:alice@localhost
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Carol sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.78:5070>
Carol receives 200
Bob sends MESSAGE sip:alice@localhost

    no
Carol receives MESSAGE
Carol answers 500 Oh
Alice receives MESSAGE
Alice answers 603 Decline
Bob receives 603

# RFC 3261 16.3: Max-Forwards 0 goes no further
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost
    Max-Forwards: 0

    far
Bob receives 483

# RFC 3261 16.3: Proxy-Require is for who sends on, Require for the device
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost
    Proxy-Require: magic

    x
Bob receives 420
    Unsupported: magic
Bob sends MESSAGE sip:alice@localhost
    Require: magic

    x
Alice receives MESSAGE
    Require: magic
Bob receives 200

# RFC 3261 8.2.2.3: for a message that would be kept, Require is for this server
Bob sends MESSAGE sip:alice@localhost
    Require: magic

    x
Bob receives 420
    Unsupported: magic

# RFC 5393 4.2: a message that comes back to the same address is a loop
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    round
Alice receives MESSAGE
    Via: {first}
    Max-Forwards: {hops}
Bob receives 200
Bob sends MESSAGE sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bKnext, {first}

    round
Bob receives 482

# RFC 5393 5.3: more devices than the breadth allows
actor Carol is sip:alice@localhost
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>, <sip:alice@192.0.2.78:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost
    Max-Breadth: 1

    x
Bob receives 440

# RFC 3428 7: who is not there gets it later, with its date, once
Bob sends MESSAGE sip:alice@localhost
    Date: Sat, 13 Nov 2010 23:29:00 GMT
    Subject: lunch

    first
Bob receives 202
    no Contact
after 60 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    request-uri sip:alice@192.0.2.77:5070
    Date: Sat, 13 Nov 2010 23:29:00 GMT
    From: <sip:bob@localhost>;tag={tag}
    Subject: lunch
    Content-Type: text/plain
    body contains first
    no Contact
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives nothing

# RFC 3428 8: what was kept comes in order, one at a time
Bob sends MESSAGE sip:alice@localhost

    first
Bob receives 202
Bob sends MESSAGE sip:alice@localhost

    second
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    body contains first
    Call-ID: {one}
Alice answers nothing
Alice receives nothing
Bob sends MESSAGE sip:alice@localhost

    third
Bob receives 202
Alice answers 200
Alice receives MESSAGE
    body contains second
    Call-ID: {two}
Alice receives MESSAGE
    body contains third
{one} is not {two}

# RFC 3428 8: what a device puts off as it comes back is kept for the next time
Bob sends MESSAGE sip:alice@localhost

    for later
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    body contains for later
Alice answers 480 Not now
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    body contains for later

# RFC 3428 7: Expires says how long it is kept, and is less when it arrives
Bob sends MESSAGE sip:alice@localhost
    Expires: 3600

    soon
Bob receives 202
Bob sends MESSAGE sip:alice@localhost
    Expires: 600

    sooner
Bob receives 202
after 1800 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    Expires: 1800
    body contains soon
Alice receives nothing

# RFC 3428 7: what is too old already is not delivered
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost
    Date: Sat, 13 Nov 2010 23:29:00 GMT
    Expires: 60

    late
Bob receives 202
Alice receives nothing

# RFC 3428 7: a device that does not answer counts as not there; its late answer counts all the same
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    slow
Alice receives MESSAGE
Alice answers nothing
within 4 s Bob receives 100
within 5 s Bob receives 202
Alice answers 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives nothing

# RFC 3428 7: where nothing is kept, a slow device is waited for
config message.store = false
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    slow
Alice receives MESSAGE
Alice answers nothing
within 4 s Bob receives 100
after 20 s
Alice answers 200
Bob receives 200

# RFC 3261 17.1.2.2: who waits is answered before his transaction ends
config sip.t1_ms = 100
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@10.0.0.5:5060>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    slow
Alice receives MESSAGE
Alice answers nothing
after 5 s
Bob receives nothing
within 1 s Bob receives 202

# RFC 3428 7: a contact its device knows no more counts as nobody there
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:old@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    stale
Alice receives MESSAGE
Alice answers 404 Who
Bob receives 202

# RFC 3261 16.7 step 6: that a device is out of order does not mean that this server is
actor Alice is sip:alice@localhost
    host: 192.0.2.30
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.30:5060>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Alice receives MESSAGE
Alice answers 503 Later
    Retry-After: 600
Bob receives 500
    no Retry-After

# RFC 3261 16.7: a device that gives To no tag is handed back without one
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost
    To: <sip:alice@localhost>

    x
Alice receives MESSAGE
    Via: {via}
    CSeq: {cseq}
    From: {from}
    Call-ID: {call}
Alice answers nothing
Alice sends raw
    SIP/2.0 200 OK
    Via: {via}
    From: {from}
    To: <sip:alice@localhost>
    Call-ID: {call}
    CSeq: {cseq}
    Content-Length: 0
Bob receives 200
    To: <sip:alice@localhost>

# RFC 3261 21.3: a device that moved says where to
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Alice receives MESSAGE
Alice answers 302 Moved
    Contact: <sip:alice@elsewhere.example>
Bob receives 302
    Contact: <sip:alice@elsewhere.example>

# RFC 3428 7: a device that says it is not there gets it at its next registration
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    later
Alice receives MESSAGE
Alice answers 480 Not now
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    body contains later

# RFC 3428 7: a message the device refuses for good is not tried again
Bob sends MESSAGE sip:alice@localhost

    refused
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
Alice answers 415 No
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives nothing

# RFC 3428 7: without room for it a message is refused
config message.per_user = 1
Bob sends MESSAGE sip:alice@localhost

    one
Bob receives 202
Bob sends MESSAGE sip:alice@localhost

    two
Bob receives 480
    reason The recipient has too many messages waiting

# RFC 3428 7: where nothing is kept, who is not there is 480
config message.store = false
Bob sends MESSAGE sip:alice@localhost

    gone
Bob receives 480

# RFC 3428 7: a user nobody knows is 404
config resources.unknown = "refuse"
Bob sends MESSAGE sip:zoe@localhost

    who
Bob receives 404

# RFC 3428 5: an im URI names the user of the same name
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE im:alice@localhost
    To: <sip:alice@localhost>

    hello
Alice receives MESSAGE
    request-uri sip:alice@192.0.2.77:5070
Bob receives 200

# RFC 3428 4: in a dialog nobody knows a message is 481
Bob sends MESSAGE sip:alice@localhost
    To: <sip:alice@localhost>;tag=none

    x
Bob receives 481

# RFC 3428 7: a type that is not taken is 415 and says which are
config message.types = ["text/*", "message/cpim"]
Bob sends MESSAGE sip:alice@localhost
    Content-Type: image/png

    x
Bob receives 415
    Accept: text/*, message/cpim
Bob sends MESSAGE sip:alice@localhost
    Content-Type: text/html; charset=utf-8

    x
Bob receives 202

# RFC 3428 11: who sends too many is told when to go on
config message.rate = 1
config message.burst = 2
Bob sends MESSAGE sip:alice@localhost

    one
Bob receives 202
Bob sends MESSAGE sip:alice@localhost

    two
Bob receives 202
Bob sends MESSAGE sip:alice@localhost

    three
Bob receives 480
    Retry-After: 1

# RFC 3428 11: another domain is nobody's business here
Bob sends MESSAGE sip:carol@elsewhere.example

    x
Bob receives 404

# RFC 3428 11: not even where users may write to other domains, without proof of who they are
config message.foreign = true
Bob sends MESSAGE sip:carol@elsewhere.example

    x
Bob receives 403

# RFC 3428 11: a user with an account may, through the operator's proxy
config message.foreign = true
config sip.auth = "digest"
config sip.outbound_proxy = "sip:192.0.2.200:5060"
account sip:bob@localhost password builder
actor Bob is sip:bob@localhost
    password: builder
actor Proxy is sip:proxy@localhost
    host: 192.0.2.200
Bob sends MESSAGE sip:carol@elsewhere.example

    far
Bob receives 407
    Proxy-Authenticate: Digest *
    no WWW-Authenticate
Bob answers the challenge
Proxy receives MESSAGE
    request-uri sip:carol@elsewhere.example
    Route: <sip:192.0.2.200:5060;lr>
    no Proxy-Authorization
    body contains far
Bob receives 200

# RFC 3325 7: who a trusted peer says wrote it is told to the device, unless its sender wants that hidden
config sip.trusted_peers = ["192.0.2.200"]
actor Proxy is sip:proxy@localhost
    host: 192.0.2.200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Proxy sends MESSAGE sip:alice@localhost
    P-Asserted-Identity: <sip:bob@localhost>
    P-Preferred-Identity: <sip:robert@localhost>

    shown
Alice receives MESSAGE
    P-Asserted-Identity: <sip:bob@localhost>
    no P-Preferred-Identity
Proxy receives 200
Proxy sends MESSAGE sip:alice@localhost
    P-Asserted-Identity: <sip:bob@localhost>
    Privacy: id

    hidden
Alice receives MESSAGE
    no P-Asserted-Identity
    Privacy: id
Proxy receives 200

# RFC 3323 5: privacy that must be given and cannot be is refused
Bob sends MESSAGE sip:alice@localhost
    Privacy: session; critical

    x
Bob receives 500
    reason No privacy of this level here: session

# RFC 7339 5.3: what the proxy wants held back is, and its sender is told without a Retry-After
config message.foreign = true
config sip.auth = "digest"
config sip.outbound_proxy = "sip:192.0.2.200:5060"
account sip:bob@localhost password builder
actor Bob is sip:bob@localhost
    password: builder
actor Proxy is sip:proxy@localhost
    host: 192.0.2.200
Bob sends MESSAGE sip:carol@elsewhere.example

    one
Bob receives 407
Bob answers the challenge
Proxy receives MESSAGE
    Via: {ours};oc;oc-algo="loss"
Proxy answers 200
    Via: {ours};oc=100;oc-algo="loss";oc-validity=10000;oc-seq=1.1
Bob receives 200
Bob sends MESSAGE sip:carol@elsewhere.example

    two
Bob receives 407
Bob answers the challenge
Bob receives 503
    no Retry-After
after 10 s
Bob sends MESSAGE sip:carol@elsewhere.example

    three
Bob receives 407
Bob answers the challenge
Proxy receives MESSAGE
    body contains three
Bob receives 200

# RFC 3261 16.4, 16.6: a message to another domain goes by its sender's routes, without ours
config message.foreign = true
config sip.auth = "digest"
account sip:bob@localhost password builder
actor Bob is sip:bob@localhost
    password: builder
actor Proxy is sip:proxy@localhost
    host: 192.0.2.200
Bob sends MESSAGE sip:carol@elsewhere.example
    Route: <sip:localhost;lr>, <sip:a-proxy-with-a-long-name@192.0.2.200;lr>;x=1
    Route: <sip:another-proxy.example.com;lr>

    far
Bob receives 407
Bob answers the challenge
Proxy receives MESSAGE
    request-uri sip:carol@elsewhere.example
    Route: <sip:a-proxy-with-a-long-name@192.0.2.200;lr>;x=1, <sip:another-proxy.example.com;lr>
Bob receives 200

# RFC 3261 20.34: a Route without angle brackets is no route
config message.foreign = true
config sip.auth = "digest"
account sip:bob@localhost password builder
actor Bob is sip:bob@localhost
    password: builder
Bob sends MESSAGE sip:carol@elsewhere.example
    Route: sip:192.0.2.200;lr

    far
Bob receives 407
Bob answers the challenge
Bob receives 400

# RFC 3261 16.3: Proxy-Require is for who sends on to other domains too
config message.foreign = true
config sip.auth = "digest"
account sip:bob@localhost password builder
actor Bob is sip:bob@localhost
    password: builder
Bob sends MESSAGE sip:carol@elsewhere.example
    Proxy-Require: magic

    far
Bob receives 407
Bob answers the challenge
Bob receives 420
    Unsupported: magic

# RFC 3261 22.3: what is answered here is challenged as by a server, what is sent on as by a proxy
config message.foreign = true
config sip.auth = "digest"
account sip:bob@localhost password builder
actor Bob is sip:bob@localhost
    password: builder
Bob sends MESSAGE sip:alice@localhost

    near
Bob receives 401
    WWW-Authenticate: Digest *
    no Proxy-Authenticate
Bob answers the challenge
Bob receives 202

# RFC 3428 11: From must be who was authenticated
config sip.auth = "digest"
account sip:bob@localhost password builder
actor Bob is sip:bob@localhost
    password: builder
Bob sends MESSAGE sip:alice@localhost
    From: <sip:carol@localhost>;tag=x

    x
Bob receives 401
Bob answers the challenge
Bob receives 403

# RFC 3261 17.2.2: a message whose 202 a crash swallowed gets it again, and is kept once
Bob sends MESSAGE sip:alice@localhost

    once
the server crashes before it answers
Bob repeats
Bob receives 202
    the answer that was lost
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    body contains once
Alice receives nothing
Bob repeats by another way
Bob receives 482

# RFC 3428 7: what was accepted outlives kill -9
Bob sends MESSAGE sip:alice@localhost

    kept
Bob receives 202
the server crashes
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    body contains kept

# RFC 3428 7: what is on its way at the end of the process is sent after the next start
Bob sends MESSAGE sip:alice@localhost

    again
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
Alice answers nothing
the server crashes
Alice receives MESSAGE
    body contains again

# RFC 3994 4: who is typing is nobody's news later
Bob sends MESSAGE sip:alice@localhost
    Content-Type: application/im-iscomposing+xml

    <isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state></isComposing>
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives nothing

# RFC 5627 6.1: a GRUU names one device only
actor Carol is sip:alice@localhost
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>;+sip.instance="<urn:uuid:1>"
Alice receives 200
Carol sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.78:5070>;+sip.instance="<urn:uuid:2>"
Carol receives 200
Bob sends MESSAGE sip:alice@localhost;gr=urn:uuid:2

    you
Carol receives MESSAGE
    request-uri sip:alice@192.0.2.78:5070
Bob receives 200
Bob sends MESSAGE sip:alice@localhost;gr=urn:uuid:3

    nobody
Bob receives 404
-- Of a user without any device it may be good again.
Bob sends MESSAGE sip:carol@localhost;gr=urn:uuid:3

    nobody
Bob receives 480
Bob sends MESSAGE sip:tgruu.aaaaaaaaaaaaaaaaaaaaaaaaaa@localhost;gr

    nobody
Bob receives 404

# RFC 3966 5: a telephone number is the alias of that name
an operator makes sip:+4930123@localhost an alias of sip:alice@localhost
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE tel:+49-30-123

    call me
Alice receives MESSAGE
    body contains call me
Bob receives 200
Bob sends MESSAGE tel:+4930124

    nobody
Bob receives 416

# RFC 5626 6: of two devices with one Contact, where one is silent the other gets what was kept
config message.patience = 5
actor Alice is sip:alice@localhost
    over: tcp
actor Carol is sip:alice@localhost
    over: tcp
Bob sends MESSAGE sip:alice@localhost

    one
Bob receives 202
Bob sends MESSAGE sip:alice@localhost

    two
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@192.168.1.10:5060;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=1
Alice receives 200
Alice receives MESSAGE
    body contains one
Alice answers nothing
Carol sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@192.168.1.10:5060;transport=tcp>;+sip.instance="<urn:uuid:2>";reg-id=1
Carol receives 200
after 5 s
Carol receives MESSAGE
    body contains one
Alice receives MESSAGE
    body contains one
Alice answers nothing
after 5 s
Carol receives MESSAGE
    body contains two
Alice receives nothing

# RFC 5626 7: one flow of a device at a time, the next one where it fails
actor Alice is sip:alice@localhost
    over: tcp
actor Carol is sip:alice@localhost
    over: tcp
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@192.0.2.77:5070;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=1
Alice receives 200
Carol sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@192.0.2.77:5070;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=2
Carol receives 200
Bob sends MESSAGE sip:alice@localhost

    one
Carol receives MESSAGE
Carol answers 430 Flow Failed
Alice receives MESSAGE
Bob receives 200
Carol closes the connection
Bob sends MESSAGE sip:alice@localhost

    two
Alice receives MESSAGE
Bob receives 200

# RFC 3327 5.4: what is for a device behind a Path goes to the first of it
actor Edge is sip:edge@localhost
    host: 192.0.2.200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: path
    Path: <sip:edge@192.0.2.200;lr>, <sip:edge2.example.com;lr>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Edge receives MESSAGE
    request-uri sip:alice@192.0.2.77:5070
    Route: <sip:edge@192.0.2.200;lr>, <sip:edge2.example.com;lr>
Bob receives 200

# RFC 3261 16.6 step 6: an edge that is a strict router finds itself in the Request-URI
actor Edge is sip:edge@localhost
    host: 192.0.2.200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: path
    Path: <sip:edge@192.0.2.200>, <sip:edge2.example.com;lr>
    Contact: <sip:alice@192.0.2.77:5070?Subject=x>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Edge receives MESSAGE
    request-uri sip:edge@192.0.2.200
    Route: <sip:edge2.example.com;lr>, <sip:alice@192.0.2.77:5070>
Bob receives 200

# RFC 3581 4: who sends from a passing port without rport is reached at the Contact
actor Alice is sip:alice@localhost
    host: 192.0.2.30
actor Desk is sip:alice@localhost
    host: 192.0.2.31
Alice sends REGISTER sip:localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKpassing
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.31:5060>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Desk receives MESSAGE
Bob receives 200
-- The flow is the other way.
Bob sends MESSAGE sip:alice@localhost

    y
Desk receives MESSAGE
Desk answers 503 Service Unavailable
Alice receives MESSAGE
    body contains y
Bob receives 200

# RFC 3261 16.6: a proxy that did not record itself is passed by
actor Alice is sip:alice@localhost
    host: 192.0.2.30
actor Desk is sip:alice@localhost
    host: 192.0.2.31
Alice sends REGISTER sip:localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKproxy;rport, SIP/2.0/UDP 192.0.2.31:5060;branch=z9hG4bKdesk
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.31:5060>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Desk receives MESSAGE
Bob receives 200

# RFC 3261 16.6: from behind a NAT a private Contact leads nowhere
actor Alice is sip:alice@localhost
    host: 192.0.2.30
Alice sends REGISTER sip:localhost
    Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKnat;rport
    To: <sip:alice@localhost>
    Contact: <sip:alice@10.0.0.5:5060>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Alice receives MESSAGE
    request-uri sip:alice@10.0.0.5:5060
Bob receives 200
-- There is no other way.
Bob sends MESSAGE sip:alice@localhost

    y
Alice receives MESSAGE
Alice answers 503 Service Unavailable
Bob receives 500

# RFC 3261 10.3: a Contact that is no SIP URI is kept, and nothing is sent there
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <mailto:alice@example.com>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Bob receives 202

# RFC 3263 4.3: a device that answers 503 is tried the other way
actor Alice is sip:alice@localhost
    host: 192.0.2.30
actor Desk is sip:alice@localhost
    host: 192.0.2.31
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.31:5060>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Alice receives MESSAGE
Alice answers 503 Service Unavailable
Desk receives MESSAGE
Bob receives 200

# RFC 8599 13: an edge on the Path gets what it needs to wake a device
actor Edge is sip:edge@localhost
    host: 192.0.2.200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: path
    Path: <sip:edge@192.0.2.200;lr>
    Contact: <sip:alice@192.0.2.77:5070;pn-provider=acme;pn-prid=secret;x=1>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Edge receives MESSAGE
    request-uri sip:alice@192.0.2.77:5070;pn-provider=acme;pn-prid=secret;x=1
Bob receives 200

# RFC 8599 13: what a push service knows a device by is told to nobody
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070;pn-provider=acme;pn-prid=secret;x=1>
Alice receives 200
Bob sends MESSAGE sip:alice@localhost

    x
Alice receives MESSAGE
    request-uri sip:alice@192.0.2.77:5070;x=1
Bob receives 200

# RFC 3261 16.7: the challenges of all devices come back together
actor Carol is sip:alice@localhost
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Carol sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.78:5070>
Carol receives 200
Bob sends MESSAGE sip:alice@localhost

    who is there
Carol receives MESSAGE
Carol answers 401
    WWW-Authenticate: Digest realm="two", nonce="b"
Alice receives MESSAGE
Alice answers 407
    Proxy-Authenticate: Digest realm="one", nonce="a"
Bob receives 401
    WWW-Authenticate: Digest realm="two"*
    Proxy-Authenticate: Digest realm="one"*
