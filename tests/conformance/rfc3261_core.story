# RFC 3261 8.2.2.2: the same request by another way is merged: 482, one subscription
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob repeats by another way
Bob receives 482
the server holds 1 subscriptions

# RFC 3261 8.2.2.3: Require with an unknown extension is refused and names it
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Require: foo
Bob receives 420
    Unsupported: foo
the server holds 0 subscriptions

# RFC 5367 4: without list subscriptions a list in the body is refused, not accepted in silence
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Require: recipient-list-subscribe
    Supported: eventlist
    Content-Type: application/resource-lists+xml
    Content-Disposition: recipient-list

    <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"/>
Bob receives 420
    Unsupported: recipient-list-subscribe

# RFC 3261 17.2.2: a retransmission gets the same answer and has no second effect
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
    To: {to}
    Expires: 3600
Bob receives NOTIFY
after 500 ms
Bob repeats
Bob receives 200
    To: {to}
    Expires: 3600
Bob receives nothing
the server holds 1 subscriptions

# RFC 3261 17.1.2.2: a NOTIFY nobody answers is sent 11 times in 32 s
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
Bob received it 1 times
after 500 ms
Bob received it 2 times
after 1 s
Bob received it 3 times
after 2 s
Bob received it 4 times
after 4 s
Bob received it 5 times
after 24 s
Bob received it 11 times
after 10 s
Bob received it 11 times

# RFC 3581 4: the answer goes to the port the request came from, which Via is told
Bob sends SUBSCRIBE sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKnat;rport
    Event: presence
    Contact: <sip:8912734@192.0.2.2:5060>
Bob receives 200
    Via: SIP/2.0/UDP 192.0.2.2:5060;*rport=5060*
    Via: *received=192.0.2.10*
Bob receives NOTIFY
    request-uri sip:8912734@192.0.2.2:5060

# RFC 3261 12.2.2: a CSeq below the last one is refused with 500 and changes nothing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    CSeq: 100 SUBSCRIBE
Bob receives 200
Bob receives NOTIFY
Bob refreshes
    CSeq: 99 SUBSCRIBE
    Expires: 0
Bob receives 500
the server holds 1 subscriptions
Bob refreshes
    CSeq: 200 SUBSCRIBE
Bob receives 200
Bob receives NOTIFY

# RFC 3261 12.2.2: the last CSeq again in another transaction is refused with 500
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob refreshes
    CSeq: 2 SUBSCRIBE
Bob receives 200
Bob receives NOTIFY
Bob refreshes
    CSeq: 2 SUBSCRIBE
Bob receives 500

# RFC 3261 12.2.1.1: a first route without lr becomes the Request-URI, the target the last route
actor Proxy is sip:proxy@localhost
    host: 192.0.2.50
    stands for: Bob
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Record-Route: <sip:192.0.2.50>, <sip:192.0.2.51;lr>
Bob receives 200
Proxy receives NOTIFY
    request-uri sip:192.0.2.50
    Route: <sip:192.0.2.51;lr>, <sip:bob@192.0.2.11:5060>

# RFC 3261 21.4.6: {method} is not served and refused with 405
each method: INVITE REFER BYE
Bob sends {method} sip:alice@localhost
Bob receives 405
    Allow: *SUBSCRIBE*

# RFC 3261 21.5.2: an unknown method is refused with 501
Bob sends FOO sip:alice@localhost
Bob receives 501
    Allow: *SUBSCRIBE*

# RFC 3261 8.2.7: ACK is never answered
Bob sends ACK sip:alice@localhost
Bob receives nothing

# RFC 3261 9.2: CANCEL of nothing is refused with 481
Bob sends CANCEL sip:alice@localhost
Bob receives 481

# RFC 3261 8.2.2.1: a Request-URI of an unknown scheme is refused with 416
Bob sends SUBSCRIBE nobodyKnowsThisScheme:totallyopaquecontent
    To: <sip:alice@localhost>
    Event: presence
Bob receives 416

# RFC 3261 8.2.2.1: {uri} names the same resource
each uri: pres:alice@localhost sip:alice@LOCALHOST:5060 sip:%61lice@localhost
an operator sets presence of sip:alice@localhost
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Bob sends SUBSCRIBE {uri}
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains <basic>open</basic>

# RFC 3261 16.3: Max-Forwards 0 does not matter to the server that is asked
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Max-Forwards: 0
Bob receives 200
Bob receives NOTIFY

# RFC 3261 8.1.1: Max-Forwards may be missing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    no Max-Forwards
Bob receives 200
Bob receives NOTIFY

# RFC 3261 18.3: without Content-Length the body of a datagram is all of the rest
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    no Content-Length

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
    Expires: 0
    no Content-Length
Alice receives 200
    Expires: 0
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    no Content-Length
Bob receives 200
Bob receives NOTIFY
    body contains <basic>closed</basic>

# RFC 3261 18.3: a Content-Length beyond the datagram is refused with 400
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Content-Length: 10
Bob receives 400

# RFC 3261 20.16: CSeq must name the method of the request
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    CSeq: 1 PUBLISH
Bob receives 400

# RFC 3261 7.1: another SIP version is refused with 505
Bob sends raw
    SUBSCRIBE sip:alice@localhost SIP/7.0
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKversion
    From: <sip:bob@localhost>;tag=b1
    To: <sip:alice@localhost>
    Call-ID: version
    CSeq: 1 SUBSCRIBE
    Content-Length: 0
Bob receives 505

# RFC 3261 7.3.3: compact header names are known
Bob sends raw
    SUBSCRIBE sip:alice@localhost SIP/2.0
    v: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKcompact
    f: sip:bob@localhost;tag=b1
    t: sip:alice@localhost
    i: compact
    CSeq: 1 SUBSCRIBE
    m: sip:bob@192.0.2.10:5060
    o: presence
    l: 0
Bob receives 200
Bob receives NOTIFY
    To: *sip:bob@localhost*;tag=b1
    Event: presence

# RFC 3261 7.3.1: folded lines, odd case and blanks are one and the same header
Bob sends raw
    SUBSCRIBE sip:alice@localhost SIP/2.0
    vIa : SIP/2.0/UDP 192.0.2.10:5060
     ;branch=z9hG4bKfolded
    FROM: "Bob" <sip:bob@localhost>
      ; tag=b1
    to: Alice<sip:alice@localhost>
    call-id: folded
    cseq: 0001 SUBSCRIBE
    contact: <sip:bob@192.0.2.10:5060>
    event: presence
    max-forwards: 70
    content-length: 0
Bob receives 200
Bob receives NOTIFY
    To: "Bob" <sip:bob@localhost>*tag=b1

# RFC 3261 12.1.1: a peer without From tag has none in its NOTIFYs
Bob sends raw
    SUBSCRIBE sip:alice@localhost SIP/2.0
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKtagless
    From: <sip:bob@localhost>
    To: <sip:alice@localhost>
    Call-ID: tagless
    CSeq: 1 SUBSCRIBE
    Contact: <sip:bob@192.0.2.10:5060>
    Event: presence
    Content-Length: 0
Bob receives 200
Bob receives NOTIFY
    To: <sip:bob@localhost>

# RFC 3261 12.2.1.1: display names and parameters of From and To come back in NOTIFYs
Bob sends SUBSCRIBE sip:alice@localhost
    From: "Bob, \"the builder\"" <sip:bob@localhost;x=1>;tag=b1;y=2
    To: "Alice" <sip:alice@localhost>
    Event: presence
Bob receives 200
Bob receives NOTIFY
    From: "Alice" <sip:alice@localhost>;tag=*
    To: "Bob, \"the builder\"" <sip:bob@localhost;x=1>;*tag=b1

# RFC 3261 12.2.2: OPTIONS within a dialog is answered and leaves it alone
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob sends OPTIONS in the dialog
Bob receives 200
the server holds 1 subscriptions

# RFC 3261 18.2.1: over TCP requests, answers and NOTIFYs use the connection
actor Bob is sip:bob@localhost
    over: tcp
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
    Contact: <sip:*@192.0.2.1:5060;transport=tcp;gr>
Bob receives NOTIFY
    Via: SIP/2.0/TCP 192.0.2.1:5060;*
Bob refreshes
Bob receives 200
Bob receives NOTIFY

# RFC 3261 17.1.2.2: over TCP a NOTIFY is sent once and given up after 32 s
actor Bob is sip:bob@localhost
    over: tcp
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
after 62 s
Bob receives NOTIFY
Bob received it 1 times

# RFC 3261 8.2.2: a line that is no header, and that nobody needs, is ignored
Bob sends raw
    SUBSCRIBE sip:alice@localhost SIP/2.0
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKstray
    From: <sip:bob@localhost>;tag=b1
    To: <sip:alice@localhost>
    a line without a colon
    Not a token: whatever
    Call-ID: stray
    CSeq: 1 SUBSCRIBE
    Contact: <sip:bob@192.0.2.10:5060>
    Event: presence
    Content-Length: 0
Bob receives 200
Bob receives NOTIFY

# RFC 3261 8.1.3.5: nor does an answer need more than its Via and CSeq
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    Via: {via}
    CSeq: {cseq}
    From: {from}
    To: {to}
    Call-ID: {call}
Bob answers nothing
Bob sends raw
    SIP/2.0 200 OK
    Via: {via}
    From: {from}
    To: {to}
    Call-ID: {call}
    CSeq: {cseq}
    what a broken phone says
    Expires: 1
    Expires: 2
    Content-Length: 0
after 100 s
Bob received it 1 times

# RFC 3261 8.1.1.3, 20.22, 20.19: what cannot be read and is needed is refused with 400
Bob sends SUBSCRIBE sip:alice@localhost
    From: <nobody>;tag=b1
    Event: presence
Bob receives 400
Bob sends SUBSCRIBE sip:alice@localhost
    Max-Forwards: many
    Event: presence
Bob receives 400
Bob sends SUBSCRIBE sip:alice@localhost
    Expires: soon
    Event: presence
Bob receives 400
the server holds 0 subscriptions

# RFC 3261 8.2.2.1: sips is refused with 416 where nothing is secure
Bob sends SUBSCRIBE sips:alice@localhost
    Event: presence
Bob receives 416
the server holds 0 subscriptions

# RFC 3261 8.2.2.1: behind a trusted TLS proxy sips is served
config sip.trusted_peers = ["192.0.2.10"]
Bob sends SUBSCRIBE sips:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY

# RFC 3261 12.1.1: who came by sips is told a sips Contact, by NOTIFYs too
config sip.trusted_peers = ["192.0.2.10"]
Bob sends SUBSCRIBE sips:alice@localhost
    Contact: <sips:bob@192.0.2.10:5060>
    Event: presence
Bob receives 200
    Contact: <sips:herald@*;gr>
Bob receives NOTIFY
    Contact: <sips:herald@*;gr>
Bob refreshes
    Contact: <sips:bob@192.0.2.10:5060>
Bob receives 200
    Contact: <sips:herald@*;gr>
Bob receives NOTIFY
    Contact: <sips:herald@*;gr>

# RFC 3261 12.1.1: a sips Contact from who is no TLS proxy is answered as its request came
Bob sends SUBSCRIBE sip:alice@localhost
    Contact: <sips:bob@192.0.2.10:5060>
    Event: presence
Bob receives 200
    Contact: <sip:herald@*;gr>
Bob receives NOTIFY
    Contact: <sip:herald@*;gr>
