-- What the answers to a NOTIFY mean, row by row (RFC 6665 4.2.2, RFC 5057 5.1).
text online
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status><note>first</note></tuple></presence>
text busy
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status><note>second</note></tuple></presence>
text gone
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>closed</basic></status><note>third</note></tuple></presence>

# RFC 6665 4.2.2: a NOTIFY answered {status} removes the subscription, silently
each status: 404 405 410 416 480 481 482 483 484 485 489 501 502 604
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
Bob answers {status}
the server holds 0 subscriptions
an operator sets presence of sip:alice@localhost
    {busy}
Bob receives nothing
Bob refreshes
Bob receives 481

# RFC 5057 5.1: a NOTIFY answered {status} concerns that NOTIFY only
each status: 300 302 400 403 420 486 491 500 503 504 600 603 606
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
Bob answers {status}
after 100 s
Bob receives nothing
an operator sets presence of sip:alice@localhost
    {busy}
Bob receives NOTIFY
    body contains second
the server holds 1 subscriptions

# RFC 5057 5.1: three refused NOTIFYs in a row end the subscription
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
Bob answers 403
an operator sets presence of sip:alice@localhost
    {busy}
Bob receives NOTIFY
Bob answers 603
the server holds 1 subscriptions
an operator sets presence of sip:alice@localhost
    {gone}
Bob receives NOTIFY
Bob answers 400
the server holds 0 subscriptions
an operator sets presence of sip:alice@localhost
    {online}
Bob receives nothing

# RFC 5057 5.1: a good answer starts the count anew
config notify.failures_max = 2
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers 403
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
an operator sets presence of sip:alice@localhost
    {busy}
Bob receives NOTIFY
Bob answers 403
the server holds 1 subscriptions

# RFC 5057 5.1: after {status} with Retry-After the latest state goes out when that time has come
each status: 500 503 504
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
    To: <sip:alice@localhost>;tag={tag}
Bob receives NOTIFY
    CSeq: {first} NOTIFY
Bob answers {status}
    Retry-After: 10
after 3 s
an operator sets presence of sip:alice@localhost
    {online}
Bob receives nothing
after 2 s
an operator sets presence of sip:alice@localhost
    {busy}
Bob receives nothing
after 5 s
Bob receives NOTIFY
    From: <sip:alice@localhost>;tag={tag}
    CSeq: {second} NOTIFY
    body contains second
{second} is above {first}
after 100 s
Bob receives nothing

# RFC 6665 4.2.2: a NOTIFY nobody answers makes the watcher suspect, three end the subscription
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
-- Timer F, then 30 s
after 32 s
Bob received it 11 times
the server holds 1 subscriptions
after 30 s
Bob receives NOTIFY
Bob answers nothing
-- Timer F, then 60 s
after 92 s
Bob receives NOTIFY
Bob answers nothing
after 31 s
the server holds 1 subscriptions
after 1 s
the server holds 0 subscriptions
after 600 s
Bob receives nothing
Bob refreshes
Bob receives 481

# RFC 3261 17.1.2: what is sent again after a refresh is what was sent, not what has become of it
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
    Subscription-State: active;expires=600
Bob answers nothing
Bob refreshes
    Accept: application/xpidf+xml, application/pidf+xml
    Expires: 300
Bob receives 200
    Expires: 300
after 3 s
Bob received it 3 times

# RFC 6665 4.2.2: 408 makes a watcher suspect at once
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers 408
after 30 s
Bob receives NOTIFY
Bob answers 408
after 60 s
Bob receives NOTIFY
Bob answers 408
the server holds 0 subscriptions

# RFC 6665 4.2.2: with notify.timeout_max = 1 one timeout ends the subscription
config notify.timeout_max = 1
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
after 32 s
the server holds 0 subscriptions

# RFC 6665 4.2.2: a suspect is told the latest state only, at its time
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers 408
after 10 s
an operator sets presence of sip:alice@localhost
    {online}
Bob receives nothing
after 10 s
an operator sets presence of sip:alice@localhost
    {busy}
Bob receives nothing
after 10 s
Bob receives NOTIFY
    body contains second
after 300 s
Bob receives nothing

# RFC 6665 4.2.2: any request from a suspect's flow brings the latest state at once
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers 408
an operator sets presence of sip:alice@localhost
    {online}
after 5 s
Bob receives nothing
Bob sends OPTIONS sip:localhost
Bob receives 200
Bob receives NOTIFY
    body contains first
after 300 s
Bob receives nothing

# RFC 6665 4.2.2: a refresh heals a suspect
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers 408
after 30 s
Bob receives NOTIFY
Bob answers 408
after 5 s
Bob refreshes
Bob receives 200
Bob receives NOTIFY
Bob answers 408
after 30 s
Bob receives NOTIFY
the server holds 1 subscriptions

# RFC 6665 4.2.1.2: a suspect's refresh is answered before its NOTIFY goes out, which is one
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers 408
an operator sets presence of sip:alice@localhost
    {online}
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body contains first
after 600 s
Bob receives nothing

# RFC 6665 4.2.2: a suspect's subscription ends in time all the same
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 60
Bob receives 200
Bob receives NOTIFY
Bob answers 408
after 30 s
Bob receives NOTIFY
Bob answers 408
after 35 s
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
the server holds 0 subscriptions

# RFC 3261 22.1: without credentials a challenged NOTIFY counts as refused
each status: 401 407
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers {status}
    WWW-Authenticate: Digest realm="phone", nonce="n1", qop="auth", algorithm=MD5
Bob receives nothing
the server holds 1 subscriptions
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY

# RFC 3261 22.1: with credentials a challenged NOTIFY is answered, once
config sip.notify_logins = ["herald:secret@phone"]
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    CSeq: {first} NOTIFY
Bob answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n1", qop="auth", algorithm=MD5
Bob receives NOTIFY
    CSeq: {second} NOTIFY
    Authorization: Digest *username="herald"*
    Authorization: *realm="phone"*
    Authorization: *nonce="n1"*
Bob answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n2", qop="auth", algorithm=MD5
Bob receives nothing
{second} is above {first}
the server holds 1 subscriptions

# RFC 7616 3.3: a nonce that is only stale is answered once more
config sip.notify_logins = ["herald:secret@phone"]
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Contact: <sip:bob@192.0.2.10:5060;x=1;method=NOTIFY>
Bob receives 200
Bob receives NOTIFY
    request-uri sip:bob@192.0.2.10:5060;x=1
Bob answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n1", qop="auth-int", algorithm=MD5
Bob receives NOTIFY
    Authorization: *uri="sip:bob@192.0.2.10:5060;x=1"*
    Authorization: *qop=auth-int*
Bob answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n2", stale=true, qop="auth", algorithm=MD5
Bob receives NOTIFY
    Authorization: *nonce="n2"*
the server holds 1 subscriptions

# RFC 3261 22.1: credentials for a NOTIFY are made for every challenge that follows a good answer
config sip.notify_logins = ["herald:secret@phone"]
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n1", qop="auth", algorithm=MD5
Bob receives NOTIFY
    Authorization: *nonce="n1"*
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
Bob answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n2", qop="auth", algorithm=MD5
Bob receives NOTIFY
    Authorization: *nonce="n2"*
    body contains first

# RFC 6665 4.2.2: a body answered {status} is sent once more in the default type
each status: 406 413 415 488
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Accept: application/xpidf+xml
Bob receives 200
Bob receives NOTIFY
    Content-Type: application/xpidf+xml
Bob answers {status}
Bob receives NOTIFY
    Content-Type: application/pidf+xml
Bob answers {status}
Bob receives nothing
the server holds 1 subscriptions

# RFC 6665 4.2.2: a final NOTIFY that is not answered ends the subscription all the same
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob unsubscribes
Bob receives 200
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
Bob answers nothing
after 32 s
the server holds 0 subscriptions

# RFC 6665 4.2.2: a change while a NOTIFY is under way follows its answer, the latest only
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
an operator sets presence of sip:alice@localhost
    {online}
an operator sets presence of sip:alice@localhost
    {busy}
an operator sets presence of sip:alice@localhost
    {gone}
Bob receives nothing
Bob answers 200
Bob receives NOTIFY
    body contains third
    body lacks second
after 100 s
Bob receives nothing

# RFC 6665 4.2.2: what changed back while a NOTIFY was under way is no news
an operator sets presence of sip:alice@localhost
    {online}
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains first
Bob answers nothing
an operator sets presence of sip:alice@localhost
    {busy}
an operator sets presence of sip:alice@localhost
    {online}
Bob answers 200
Bob receives nothing

# RFC 3261 18.4: an unreachable UDP watcher costs no more NOTIFYs until it shows up again
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
Bob is switched off
an operator sets presence of sip:alice@localhost
    {online}
after 200 s
Bob receives nothing
the server holds 1 subscriptions
Bob sends OPTIONS sip:localhost
Bob receives 200
Bob receives NOTIFY
    body contains first

# RFC 5626 4.2: a watcher whose connection is gone is kept in silence
actor Bob is sip:bob@localhost
    over: tcp
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Contact: <sip:bob@192.0.2.10:5060;transport=tcp>
Bob receives 200
Bob receives NOTIFY
Bob closes the connection
Bob takes no connections
an operator sets presence of sip:alice@localhost
    {online}
after 300 s
Bob receives nothing
the server holds 1 subscriptions

# RFC 5626 4.2: a lost flow is healed by a refresh over a new connection, and NOTIFYs go the new way
actor Phone is sip:bob@localhost
    over: tcp
Phone sends SUBSCRIBE sip:alice@localhost
    Event: presence
Phone receives 200
Phone receives NOTIFY
    CSeq: {before} NOTIFY
    request-uri sip:bob@192.0.2.10:5060;transport=tcp
Phone closes the connection
Phone takes no connections
an operator sets presence of sip:alice@localhost
    {online}
an operator sets presence of sip:alice@localhost
    {busy}
Phone receives nothing
the server holds 1 subscriptions
Phone moves to 192.0.2.10:5061
Phone refreshes
Phone receives 200
Phone receives NOTIFY
    CSeq: {after} NOTIFY
    request-uri sip:bob@192.0.2.10:5061;transport=tcp
    Subscription-State: active;expires=3600
    body contains second
{after} is above {before}
an operator sets presence of sip:alice@localhost
    {online}
Phone receives NOTIFY
    request-uri sip:bob@192.0.2.10:5061;transport=tcp
    body contains first
Phone receives nothing
the server holds 1 subscriptions

# RFC 5923 8.2: NOTIFY goes over the connection the SUBSCRIBE came on, whatever the Contact's port
actor Bob is sip:bob@localhost
    over: tcp
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Contact: <sip:bob@192.0.2.10:26999;transport=tcp>
Bob receives 200
    Contact: <sip:*@192.0.2.1:5060;transport=tcp;gr>
Bob receives NOTIFY
    Via: SIP/2.0/TCP *
    Contact: <sip:*@192.0.2.1:5060;transport=tcp;gr>
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
    body contains first

# RFC 6665 4.4.1: a NOTIFY answered {status} does not keep the final one back
each status: 403 500
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
Bob unsubscribes
Bob receives 200
Bob answers {status}
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
the server holds 0 subscriptions

# RFC 5057 5.1: Retry-After: 0 is a second, not a loop
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
Bob answers 503
    Retry-After: 0
after 900 ms
Bob receives nothing
after 100 ms
Bob receives NOTIFY
    body contains first

# RFC 3263 4.3: a proxy that cannot be reached is tried again by itself, as a suspect is
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Record-Route: <sip:192.0.2.10:5060;lr>
Bob receives 200
Bob receives NOTIFY
Bob answers nothing
Bob is switched off
after 29 s
Bob receives nothing
after 1 s
Bob receives NOTIFY
the server holds 1 subscriptions

# RFC 5626 5.3: where the edge of a watcher says that its flow is gone nothing more is sent, until it registers or asks again
actor Bob is sip:bob@localhost
    host: 192.0.2.30
actor Edge is sip:edge@localhost
    host: 192.0.2.32
    stands for: Bob
text back
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status><note>first</note></tuple></presence>
Bob sends SUBSCRIBE sip:alice@localhost
    Record-Route: <sip:192.0.2.32:5060;lr;ob>
    Event: presence
Bob receives 200
Edge receives NOTIFY
Edge answers 430 Flow Failed
-- By the way its SUBSCRIBE came.
Bob receives NOTIFY
Bob answers 430 Flow Failed
an operator sets presence of sip:alice@localhost
    {back}
Edge receives nothing
Bob receives nothing
the server holds 1 subscriptions
Bob refreshes
Bob receives 200
Edge receives NOTIFY
    body contains first
