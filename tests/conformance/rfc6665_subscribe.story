# RFC 6665 4.2.1.1: SUBSCRIBE without Expires and Accept gets the package's defaults
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
    To: <sip:alice@localhost>;tag={tag}
    Expires: 3600
    Contact: <sip:*@192.0.2.1:5060;gr>
Bob receives NOTIFY
    From: <sip:alice@localhost>;tag={tag}
    Event: presence
    Subscription-State: active;expires=3600
    Content-Type: application/pidf+xml
    body contains entity="sip:alice@localhost"
    body contains <basic>closed</basic>

# RFC 6665 4.2.1.1: an interval below the minimum is refused with Min-Expires
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 30
Bob receives 423
    Min-Expires: 60
    no Expires
the server holds 0 subscriptions

# RFC 6665 4.2.1.1: an hour is never too brief, whatever the minimum
config subscribe.min_expires = 7200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 3600
Bob receives 200
    Expires: 3600
Bob receives NOTIFY
    Subscription-State: active;expires=3600

# RFC 6665 4.2.1.1: a longer interval is shortened, never lengthened
config subscribe.max_expires = 600
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 4294967296
Bob receives 200
    Expires: 600
Bob receives NOTIFY
    Subscription-State: active;expires=600

# RFC 6665 8.2.1: an unknown event package is refused with the known ones
Bob sends SUBSCRIBE sip:alice@localhost
    Event: foo
Bob receives 489
    Allow-Events: *presence*
    Allow-Events: *message-summary*

# RFC 6665 8.2.1: SUBSCRIBE without Event is refused
Bob sends SUBSCRIBE sip:alice@localhost
Bob receives 489
    Allow-Events: *presence*

# RFC 6665 4.4.3: Expires 0 outside a dialog fetches the state once
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Bob receives 200
    Expires: 0
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
    Content-Type: application/pidf+xml
the server holds 0 subscriptions
Bob refreshes
Bob receives 481

# RFC 6665 4.2.1.4: a refresh extends the subscription and is notified in full
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
    To: {to}
Bob receives NOTIFY
    CSeq: {first} NOTIFY
after 500 s
Bob refreshes
    Expires: 600
Bob receives 200
    To: {to}
    Expires: 600
Bob receives NOTIFY
    CSeq: {second} NOTIFY
    Subscription-State: active;expires=600
    Content-Type: application/pidf+xml
{second} is above {first}
after 599 s
Bob receives nothing

# RFC 6665 4.2.1.4: a refresh with Expires 0 ends in a final NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob unsubscribes
Bob receives 200
    Expires: 0
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
the server holds 0 subscriptions
Bob unsubscribes
Bob receives 481

# RFC 6665 4.2.1.4: without a refresh the subscription ends with reason timeout
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
after 605 s
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
the server holds 0 subscriptions
Bob refreshes
Bob receives 481

# RFC 6665 4.2.1.3: an Accept that names nothing we have is refused with 406
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Accept: text/plain
Bob receives 406
the server holds 0 subscriptions

# RFC 6665 5.4.5: what the watcher likes best is sent, wildcards and q counted
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Accept: application/pidf+xml;q=0.3, application/*;q=0.1
    Accept: application/xpidf+xml
Bob receives 200
Bob receives NOTIFY
    Content-Type: application/xpidf+xml

# RFC 6665 5.4.5: the latest Accept counts, a refresh without one changes nothing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Accept: application/pidf+xml, application/xpidf+xml;q=0.5
Bob receives 200
Bob receives NOTIFY
    Content-Type: application/pidf+xml
Bob refreshes
    Accept: application/xpidf+xml
Bob receives 200
Bob receives NOTIFY
    Content-Type: application/xpidf+xml
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    Content-Type: application/xpidf+xml

# RFC 6665 5.4.5: a type with q=0 is not acceptable
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Accept: application/pidf+xml;q=0, application/xpidf+xml;q=0, application/cpim-pidf+xml;q=0
Bob receives 406

# RFC 6665 4.2.1.1: the success code is 200 and carries Expires, Contact, To tag and Record-Route
actor Proxy is sip:proxy@localhost
    host: 192.0.2.50
    stands for: Bob
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Record-Route: <sip:192.0.2.50;lr>, <sip:192.0.2.51;lr>
    Record-Route: <sip:192.0.2.52;lr>
Bob receives 200
    To: <sip:alice@localhost>;tag=*
    Record-Route: <sip:192.0.2.50;lr>*
    Expires: 3600
    Contact: <sip:*@192.0.2.1:5060;gr>
Proxy receives NOTIFY
    request-uri sip:bob@192.0.2.11:5060
    Route: <sip:192.0.2.50;lr>, <sip:192.0.2.51;lr>, <sip:192.0.2.52;lr>

# RFC 6665 4.2.2: Event is echoed with its id, byte for byte
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence;id=4711
Bob receives 200
    no Event
Bob receives NOTIFY
    Event: presence;id=4711

# RFC 6665 8.2.1: an id in any place and an old phone's spelling of the package are known
Bob sends SUBSCRIBE sip:alice@localhost
    o: Presence;x=1;id=7
Bob receives 200
Bob receives NOTIFY
    Event: Presence;x=1;id=7

# RFC 6665 8.2.1: two Event header fields are refused
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Event: message-summary
Bob receives 400

# RFC 6665 4.5.2: another id in the same dialog is refused and disturbs nothing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence;id=1
Bob receives 200
Bob receives NOTIFY
Bob refreshes
    Event: presence;id=2
Bob receives 403
    reason *ialog*
Bob refreshes
    Event: presence;id=1
Bob receives 200
Bob receives NOTIFY
    Event: presence;id=1

# RFC 6665 4.5.2: a refresh that forgets its id is still that refresh
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence;id=1
Bob receives 200
Bob receives NOTIFY
Bob refreshes
    Event: presence
Bob receives 200
Bob receives NOTIFY
    Event: presence;id=1

# RFC 6665 4.6: CANCEL of a SUBSCRIBE is answered 200 and has no effect
Bob sends raw
    SUBSCRIBE sip:alice@localhost SIP/2.0
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKcancelled
    From: <sip:bob@localhost>;tag=b1
    To: <sip:alice@localhost>
    Call-ID: cancelled
    CSeq: 1 SUBSCRIBE
    Contact: <sip:bob@192.0.2.10:5060>
    Event: presence
    Content-Length: 0
Bob receives 200
    CSeq: 1 SUBSCRIBE
Bob sends raw
    CANCEL sip:alice@localhost SIP/2.0
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKcancelled
    From: <sip:bob@localhost>;tag=b1
    To: <sip:alice@localhost>
    Call-ID: cancelled
    CSeq: 1 CANCEL
    Max-Forwards: 70
    Content-Length: 0
Bob receives NOTIFY
    Subscription-State: active;expires=3600
Bob receives 200
    CSeq: 1 CANCEL
the server holds 1 subscriptions

# RFC 6665 4.1.3: a NOTIFY from a stranger belongs to no subscription
Bob sends NOTIFY sip:alice@localhost
    Event: presence
    Subscription-State: active;expires=60
    Contact: <sip:bob@192.0.2.10:5060>
Bob receives 481

# RFC 6665 4.1.3: a NOTIFY of an unknown package is refused
Bob sends NOTIFY sip:alice@localhost
    Event: keep-alive
    Contact: <sip:bob@192.0.2.10:5060>
Bob receives 489
    Allow-Events: *presence*

# RFC 6665 4.2.1.4: a SUBSCRIBE in a dialog long gone is refused with 481
Bob sends SUBSCRIBE sip:alice@localhost
    To: <sip:alice@localhost>;tag=longgone
    Event: presence
Bob receives 481

# RFC 6665 4.2.1.4: a refresh that is too brief is refused and keeps what was granted
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
Bob refreshes
    Expires: 10
Bob receives 423
    Min-Expires: 60
after 605 s
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout

# RFC 6665 4.2.1.4: a refresh's Contact is the new target
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    request-uri sip:bob@192.0.2.10:5060
Bob moves to 192.0.2.10:5077
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    request-uri sip:bob@192.0.2.10:5077

# RFC 6665 4.4.1: while the final NOTIFY is under way a refresh is too late
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob unsubscribes
Bob receives 200
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
Bob answers nothing
Bob refreshes
Bob receives 481
Bob answers 200
the server holds 0 subscriptions

# RFC 6665 4.4.3: a fetch while a subscription lives leaves it alone
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Laptop sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Laptop receives 200
Laptop receives NOTIFY
    Subscription-State: terminated;reason=timeout
the server holds 1 subscriptions

# RFC 6665 4.2.2: a watcher whose owner has not decided is pending and is shown nothing
actor Carol is sip:carol@example.org
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Carol receives 200
    Expires: 600
Carol receives NOTIFY
    Subscription-State: pending;expires=600
    no body
    no Content-Type
an operator sets presence of sip:alice@localhost
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Carol receives nothing
Carol refreshes
    Expires: 600
Carol receives 200
Carol receives NOTIFY
    Subscription-State: pending;expires=600
    no body

# RFC 6665 8.2.2: the 2xx to a SUBSCRIBE tells which packages there are
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
    Allow-Events: *presence*
    Allow-Events: *message-summary*
Bob receives NOTIFY
Bob refreshes
Bob receives 200
    Allow-Events: *presence*
Bob receives NOTIFY

# RFC 5627 6.1: {uri} names no device there is
each uri: sip:tgruu.aaaaaaaaaaaaaaaaaaaaaaaaaa@localhost;gr sip:tgruu.x@localhost;gr sip:alice@localhost;gr=urn:uuid:2
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>;+sip.instance="<urn:uuid:1>"
Alice receives 200
Bob sends SUBSCRIBE {uri}
    Event: presence
Bob receives 404
Bob sends SUBSCRIBE sip:alice@localhost;gr=urn:uuid:1
    Event: presence
Bob receives 200
Bob receives NOTIFY

# RFC 3966 5: a telephone number that is an alias is watched as that
an operator makes sip:+4930123@localhost an alias of sip:alice@localhost
Bob sends SUBSCRIBE tel:+49.30(123)
    To: <tel:+4930123>
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains entity="sip:+4930123@localhost"
Bob sends SUBSCRIBE tel:+4930124
    Event: presence
Bob receives 416

# RFC 5057 5.1: who is pending hears of no change, so a NOTIFY that failed comes again
actor Carol is sip:carol@example.org
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Carol receives 200
Carol receives NOTIFY
    Subscription-State: pending;expires=600
    CSeq: {first} NOTIFY
Carol answers 500 Server Internal Error
after 29 s
Carol receives nothing
after 1 s
Carol receives NOTIFY
    Subscription-State: pending;expires=570
    no body
after 100 s
Carol receives nothing
the server holds 1 subscriptions

# RFC 6665 4.4.3: a fetch by a pending watcher shows nothing
actor Carol is sip:carol@example.org
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Carol receives 200
Carol receives NOTIFY
    Subscription-State: terminated;reason=timeout
    no body

# RFC 6665 4.4.4: OPTIONS tells methods, bodies and packages
Bob sends OPTIONS sip:localhost
    User-Agent: A phone which says as much of itself as phones do, so that no answer is too long for what asked for it: model, version, serial number, and what day it was built
Bob receives 200
    Allow: *SUBSCRIBE*
    Allow: *PUBLISH*
    Accept: *application/pidf+xml*
    Allow-Events: *presence*
    Allow-Events: *message-summary*
    Supported: *

# RFC 6665 4.2.1.1: a SUBSCRIBE without a usable Contact forms no dialog
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    no Contact
Bob receives 400

# RFC 6665 4.2.1.1: a filter nobody asked to be optional is refused with 415
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Content-Type: application/simple-filter+xml

    <filter-set xmlns="urn:ietf:params:xml:ns:simple-filter"/>
Bob receives 415
    Accept: *

# RFC 6665 4.5.1: a rebooted device takes the place of its earlier subscription
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
    To: <sip:alice@localhost>;tag={first}
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
    To: <sip:alice@localhost>;tag={second}
Bob receives NOTIFY
    From: <sip:alice@localhost>;tag={second}
{first} is not {second}
the server holds 1 subscriptions

# RFC 5626 4.1: a rebooted device with a new address is known by its instance
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Contact: <sip:bob@192.0.2.10:5060>;+sip.instance="<urn:uuid:1>"
Bob receives 200
Bob receives NOTIFY
Bob moves to 192.0.2.10:6000
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Contact: <sip:bob@192.0.2.10:6000>;+sip.instance="<urn:uuid:1>"
Bob receives 200
Bob receives NOTIFY
the server holds 1 subscriptions

# RFC 5626 4.1: the instance is the same without the angle brackets that some devices leave out
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Contact: <sip:bob@192.0.2.10:5060>;+sip.instance="<urn:uuid:1>"
Bob receives 200
Bob receives NOTIFY
Bob moves to 192.0.2.10:6000
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Contact: <sip:bob@192.0.2.10:6000>;+sip.instance="urn:uuid:1"
Bob receives 200
Bob receives NOTIFY
the server holds 1 subscriptions

# RFC 6665 4.5.2: another Event id is another subscription of the same device
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence;id=1
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence;id=2
Bob receives 200
Bob receives NOTIFY
the server holds 2 subscriptions

# RFC 6665 4.2.1.1: a user of a domain that is not ours cannot be watched here
Bob sends SUBSCRIBE sip:alice@example.net
    Event: presence
Bob receives 404

# RFC 6665 4.2.1.1: with closed doors an unknown user is 404, an account is not
config resources.unknown = "refuse"
account sip:alice@localhost password secret
Bob sends SUBSCRIBE sip:nobody@localhost
    Event: presence
Bob receives 404
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY

# RFC 6665 5.4.9: one watcher may have so many subscriptions of one resource, then 403 says why there are no more
config subscribe.per_watcher_resource = 2
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence;id=1
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence;id=2
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence;id=3
Bob receives 403
    no Retry-After
the server holds 2 subscriptions

# RFC 6665 4.2.1.1: the queue is full: new work is refused before any of it is done
the store has too much to do
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 503
    Retry-After: *
the store works again
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY

# RFC 3261 21.5.4: more comes than is read: new work is refused before any of it is done, refreshes last
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Content-Type: application/pidf+xml

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"><tuple id="t"><status><basic>open</basic></status></tuple></presence>
Alice receives 200
    SIP-ETag: {tag}
Bob receives NOTIFY
more comes than the server reads
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 503
    Retry-After: *
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
    Content-Type: application/pidf+xml

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"><tuple id="t"><status><basic>closed</basic></status></tuple></presence>
Alice receives 503
    Retry-After: *
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
Alice receives 200
Bob refreshes
Bob receives 200
Bob receives NOTIFY
much more comes than the server reads
Bob refreshes
Bob receives 503
    Retry-After: *
the server holds 1 subscriptions
the server reads everything in time
Bob refreshes
Bob receives 200
Bob receives NOTIFY

# RFC 6665 4.2.1.1: a subscription that cannot be stored is refused with 503
the store is unavailable
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 503
    Retry-After: *
the server holds 0 subscriptions
the store works again
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY

# RFC 6665 4.2.1.4: a refresh that cannot be stored changes nothing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
after 100 s
the store is unavailable
Bob refreshes
    Expires: 600
Bob receives 503
    Retry-After: *
Bob unsubscribes
Bob receives 503
    Retry-After: *
the store works again
after 505 s
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout

# RFC 6665 4.1.2.1: a retry with a higher CSeq and without To tag takes the place of the first try
Bob sends SUBSCRIBE sip:alice@localhost
    From: <sip:bob@localhost>;tag=b1
    Call-ID: again
    CSeq: 1 SUBSCRIBE
    Event: presence
Bob receives 200
    To: <sip:alice@localhost>;tag={first}
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    From: <sip:bob@localhost>;tag=b1
    Call-ID: again
    CSeq: 2 SUBSCRIBE
    Event: presence
Bob receives 200
    To: <sip:alice@localhost>;tag={second}
Bob receives NOTIFY
{first} is not {second}
the server holds 1 subscriptions

# RFC 6665 4.5.1: with replace_same_device = false every subscription is one of its own
config subscribe.replace_same_device = false
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
the server holds 2 subscriptions

# RFC 6665 4.5.1: a device whose NOTIFY is under way is replaced all the same
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
the server holds 1 subscriptions
after 600 s
Bob receives nothing

# RFC 6665 4.2.2: the answer to a NOTIFY may move the target
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    request-uri sip:bob@192.0.2.10:5060
Bob answers 200
    Contact: <sip:bob-new@192.0.2.10:5060>
an operator sets presence of sip:alice@localhost
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Bob receives NOTIFY
    request-uri sip:bob-new@192.0.2.10:5060

# RFC 6665 8.3.1: a NOTIFY answered 202 was received
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers 202
after 100 s
Bob receives nothing
the server holds 1 subscriptions

# RFC 6665 4.2.1.1: with clamp = true a brief interval becomes the minimum, for phones that cannot take 423
config subscribe.clamp = true
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 30
Bob receives 200
    Expires: 60
Bob receives NOTIFY
    Subscription-State: active;expires=60

# RFC 6665 6.4: whoever does not subscribe is notified of nothing
an operator sets presence of sip:alice@localhost
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Bob sends SUBSCRIBE sip:carol@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains <basic>closed</basic>
an operator removes presence of sip:alice@localhost
Bob receives nothing

# RFC 6665 6.3: one watcher may hold so many subscriptions in all
config subscribe.per_watcher = 2
config subscribe.per_watcher_resource = 2
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:carol@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:dora@localhost
    Event: presence
Bob receives 403
Carol sends SUBSCRIBE sip:dora@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY

# RFC 6665 6.3: one address may hold so many subscriptions, whoever it says they are for
config subscribe.per_source = 2
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:bob@localhost
    Event: presence
    From: <sip:dora@localhost>;tag=other
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:carol@localhost
    Event: presence
    From: <sip:erin@localhost>;tag=third
Bob receives 403
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY

# RFC 6665 6.3: an address that is trusted may hold as many as it likes
config subscribe.per_source = 1
config sip.trusted_peers = ["192.0.2.10"]
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:bob@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY

# RFC 6665 6.3: one resource may have so many watchers
config subscribe.per_resource = 1
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 403

# RFC 6665 4.2.1.1: a storm of one device is one subscription
config subscribe.per_watcher = 3
config subscribe.per_watcher_resource = 3
Bob sends SUBSCRIBE sip:bob@localhost
    Event: message-summary
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:bob@localhost
    Event: message-summary
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:bob@localhost
    Event: message-summary
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:bob@localhost
    Event: message-summary
Bob receives 200
Bob receives NOTIFY
Bob sends SUBSCRIBE sip:bob@localhost
    Event: message-summary
Bob receives 200
Bob receives NOTIFY
the server holds 1 subscriptions

# RFC 6665 4.4.3: a fetch whose NOTIFY is refused leaves nothing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Bob receives 200
Bob receives NOTIFY
Bob answers 500
    Retry-After: 10
the server holds 0 subscriptions
after 100 s
Bob receives nothing

# RFC 6665 4.2.2: a target that an answer moved is the target after a restart too
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers 200
    Contact: <sip:bob-new@192.0.2.10:5060>
Bob refreshes
    Contact: <sip:bob-new@192.0.2.10:5060>
Bob receives 200
Bob receives NOTIFY
    request-uri sip:bob-new@192.0.2.10:5060
the server restarts
an operator sets presence of sip:alice@localhost
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple></presence>
Bob receives NOTIFY
    request-uri sip:bob-new@192.0.2.10:5060

# RFC 3261 12.1.1: a route begins with its URI, whatever name a proxy gave itself
actor Proxy is sip:proxy@localhost
    host: 192.0.2.50
    stands for: Bob
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Record-Route: "<The, Proxy>" <sip:192.0.2.50;lr>;x=1
Bob receives 200
    Record-Route: "<The, Proxy>" <sip:192.0.2.50;lr>;x=1
Proxy receives NOTIFY
    request-uri sip:bob@192.0.2.11:5060
    Route: <sip:192.0.2.50;lr>;x=1

# RFC 6665 4.1.3: an owner who never decides is given up on, with reason giveup
config subscribe.pending_lifetime = 900
actor Carol is sip:carol@example.org
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Carol receives 200
Carol receives NOTIFY
after 500 s
Carol refreshes
    Expires: 600
Carol receives 200
Carol receives NOTIFY
    Subscription-State: pending;expires=600
after 399 s
Carol receives nothing
after 1 s
Carol receives NOTIFY
    Subscription-State: terminated;reason=giveup
    no body
the server holds 0 subscriptions
Carol refreshes
Carol receives 481

# RFC 6665 4.2.2: NOTIFY echoes the Event as it was asked for, all parameters included
Bob sends SUBSCRIBE sip:alice@localhost
    Event: Presence;id=4711;vendor="acme";flag
Bob receives 200
Bob receives NOTIFY
    Event: Presence;id=4711;vendor="acme";flag
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    Event: Presence;id=4711;vendor="acme";flag

# RFC 3856 6.6.2: without authentication From is who it says: owner's packages too, and others wait
Carol sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Carol receives 200
Carol receives NOTIFY
    Subscription-State: active*
Carol sends SUBSCRIBE sip:alice@localhost
    From: <sip:carol@elsewhere.example>;tag=far
    Event: presence
Carol receives 200
Carol receives NOTIFY
    Subscription-State: pending*
