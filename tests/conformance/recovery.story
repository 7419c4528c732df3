-- What a 200 promises: it survives the end of the process, the clean one and kill -9.
text online
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status><note>first</note></tuple></presence>
text busy
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status><note>second</note></tuple></presence>

# RFC 3261 17.2.2: an initial SUBSCRIBE whose answer a crash swallowed gets that answer again
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
the server crashes before it answers
Bob receives NOTIFY
    Subscription-State: active;expires=600
Bob repeats
Bob receives 200
    the answer that was lost
the server holds 1 subscriptions
Bob receives nothing
Bob refreshes
Bob receives 200
Bob receives NOTIFY

# RFC 3261 17.2.2: a refresh whose answer a crash swallowed gets that answer again
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
    CSeq: {first} NOTIFY
after 300 s
Bob refreshes
    Expires: 500
the server crashes before it answers
Bob receives NOTIFY
    CSeq: {second} NOTIFY
    Subscription-State: active;expires=500
{second} is above {first}
Bob repeats
Bob receives 200
    the answer that was lost
    Expires: 500
Bob receives nothing

# RFC 3261 17.2.2: an unsubscription whose answer a crash swallowed gets that answer again
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Bob unsubscribes
the server crashes before it answers
the server holds 0 subscriptions
Bob repeats
Bob receives 200
    the answer that was lost
    Expires: 0
Bob refreshes
Bob receives 481

# RFC 3261 17.2.2: an initial PUBLISH whose answer a crash swallowed gets that answer again
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
the server crashes before it answers
Bob receives NOTIFY
    body contains first
Alice repeats
Alice receives 200
    the answer that was lost
    SIP-ETag: {tag}
Bob receives nothing
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
Alice receives 200

# RFC 3261 17.2.2: a PUBLISH refresh whose answer a crash swallowed gets that answer again
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
the server crashes before it answers
Alice repeats
Alice receives 200
    the answer that was lost
    SIP-ETag: {next}
{next} is not {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
Alice receives 412

# RFC 3261 17.2.2: a modification whose answer a crash swallowed gets that answer again
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}

    {busy}
the server crashes before it answers
Alice repeats
Alice receives 200
    the answer that was lost
    SIP-ETag: {next}
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Bob receives 200
Bob receives NOTIFY
    body contains second

# RFC 3261 17.2.2: a removal whose answer a crash swallowed gets that answer again
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
    Expires: 0
the server crashes before it answers
Alice repeats
Alice receives 200
    Expires: 0
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
Alice receives 412

# RFC 6665 4.2.2: a clean restart sends nothing to watchers who have the current state
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    CSeq: {first} NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Bob receives NOTIFY
the server restarts after 10 s
Bob receives nothing
after 5 s
Bob receives nothing
the server holds 1 subscriptions
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}

    {busy}
Alice receives 200
Bob receives NOTIFY
    CSeq: {second} NOTIFY
    body contains second
{second} is above {first}
Bob refreshes
Bob receives 200
Bob receives NOTIFY

# RFC 6665 4.2.2: after a restart only the watchers whose document changed are notified
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Carol sends SUBSCRIBE sip:dora@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 60

    {online}
Alice receives 200
Bob receives NOTIFY
the server restarts after 100 s
Bob receives nothing
Carol receives nothing
-- Nothing lapses for as long as the server was away, at most 60 s, then spread over 10 s.
after 59 s
within 12 s Bob receives NOTIFY
    body contains <basic>closed</basic>
Carol receives nothing

# RFC 6665 4.2.2: a NOTIFY that was not answered before a restart is sent again with a higher CSeq
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
Bob receives NOTIFY
    CSeq: {first} NOTIFY
Bob answers nothing
the server restarts
Bob receives NOTIFY
    CSeq: {second} NOTIFY
    body contains first
{second} is above {first}

# RFC 6665 4.2.2: after a crash whoever may have missed the state is told again, nobody else
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    CSeq: {first} NOTIFY
Carol sends SUBSCRIBE sip:dora@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
after 60 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
Bob receives NOTIFY
Bob answers nothing
the server crashes
Bob receives NOTIFY
    CSeq: {second} NOTIFY
    body contains first
Carol receives nothing
{second} is above {first}

# RFC 3261 12.2.1.1: CSeq rises over any number of crashes
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    CSeq: {first} NOTIFY
the server crashes
Bob receives NOTIFY
    CSeq: {second} NOTIFY
the server crashes
Bob receives NOTIFY
    CSeq: {third} NOTIFY
the server crashes for 10 s
Bob receives NOTIFY
    CSeq: {fourth} NOTIFY
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    CSeq: {fifth} NOTIFY
{second} is above {first}
{third} is above {second}
{fourth} is above {third}
{fifth} is above {fourth}

# RFC 3903 6: entity-tags survive a crash
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
the server crashes
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}

    {busy}
Alice receives 200

# RFC 6665 4.2.1.4: what lapsed while the server was away ends after a time of grace
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 60
Bob receives 200
Bob receives NOTIFY
after 5 s
the server crashes for 300 s
the server holds 1 subscriptions
after 59 s
within 12 s Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
the server holds 0 subscriptions

# RFC 6665 4.2.1.4: a refresh in the time of grace keeps the subscription
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 60
Bob receives 200
Bob receives NOTIFY
after 5 s
the server crashes for 300 s
Bob refreshes
    Expires: 600
Bob receives 200
    Expires: 600
Bob receives NOTIFY
    Subscription-State: active;expires=600
after 100 s
Bob receives nothing

# RFC 6665 4.4.2: a clean stop tells watchers whose connection dies with the server, others nothing
actor Phone is sip:bob@localhost
    over: tcp
Phone sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Contact: <sip:bob@192.0.2.10:26999;transport=tcp>
Phone receives 200
Phone receives NOTIFY
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
the server restarts
Phone receives NOTIFY
    Subscription-State: terminated;reason=deactivated
Carol receives nothing
the server holds 1 subscriptions
Carol refreshes
Carol receives 200
Carol receives NOTIFY

# RFC 6665 4.2.2: pending watchers stay pending over a restart
actor Carol is sip:carol@example.org
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
    Subscription-State: pending;*
the server restarts
Carol receives nothing
Carol refreshes
Carol receives 200
Carol receives NOTIFY
    Subscription-State: pending;*
    no body

# RFC 3903 6: what operators set survives a crash
an operator sets presence of sip:alice@localhost
    {online}
the server crashes
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains first
an operator removes presence of sip:alice@localhost
Bob receives NOTIFY
    body lacks first
the server crashes
Bob receives NOTIFY
    body lacks first

# RFC 6665 4.2.2: a watcher who has not answered is told again after a crash, whenever that comes
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
after 1 s
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
    CSeq: {first} NOTIFY
    body contains first
Bob answers nothing
after 10 s
the server crashes
Bob receives NOTIFY
    CSeq: {second} NOTIFY
    body contains first
{second} is above {first}

# RFC 3903 6: a late copy of the PUBLISH that made a publication does not make it again
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Call-ID: second
    CSeq: 1 PUBLISH
    Event: presence
    SIP-If-Match: {tag}

    {busy}
Alice receives 200
    SIP-ETag: {next}
the server crashes
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {next}
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains second
    body lacks first

# RFC 3903 6: ... not of one that was removed, either
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Call-ID: second
    CSeq: 1 PUBLISH
    Event: presence
    SIP-If-Match: {tag}
    Expires: 0
Alice receives 200
the server crashes
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence

    {online}
Alice receives 200
    Expires: 0
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body lacks first

# RFC 3903 6: ... not of one that ran out, either
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence
    Expires: 60

    {online}
Alice receives 200
after 66 s
the server crashes
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence
    Expires: 60

    {online}
Alice receives 200
    Expires: 0
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body lacks first

# RFC 3903 6: ... and ran out after the crash
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence
    Expires: 60

    {online}
Alice receives 200
the server crashes
after 66 s
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence
    Expires: 60

    {online}
Alice receives 200
    Expires: 0
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body lacks first

# RFC 3903 6: once no copy of its last request can come, the same octets are a new publication
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence
    Expires: 60

    {online}
Alice receives 200
after 66 s
the server crashes
after 100 s
Alice sends PUBLISH sip:alice@localhost
    Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKfirst
    From: <sip:alice@localhost>;tag=one
    Call-ID: first
    CSeq: 1 PUBLISH
    Event: presence
    Expires: 60

    {online}
Alice receives 200
    Expires: 60
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains first

# RFC 3261 10.3: a late copy of a REGISTER does not bring back what a later one removed
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=0
Alice receives 200
    no Contact
the server crashes
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 500
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 3 REGISTER
Alice receives 200
    no Contact
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 4 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
    Contact: <sip:alice@192.0.2.10>;expires=600

# RFC 3261 10.3: ... nor what a later start of the device took over and removed
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: first-start
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: second-start
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: second-start
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=0
Alice receives 200
    no Contact
the server crashes
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: first-start
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 500

# RFC 3261 10.3: ... and what was taken over stays so
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: first-start
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: second-start
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=900
Alice receives 200
the server crashes
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: first-start
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 500
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: second-start
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=900
Alice receives 200
    Contact: <sip:alice@192.0.2.10>;expires=900

# RFC 6665 4.2.1.4: what a start found ends when the clock, put right, says so
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
after 5 s
the server crashes
the clock is set 3600 s ahead
within 12 s Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
the server holds 0 subscriptions

# RFC 6665 4.2.1.4: what was granted in this run ends when it was to end, whatever the clock says
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
the clock is set 3600 s ahead
after 500 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
Bob receives NOTIFY
    Subscription-State: active;expires=100
within 110 s Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout

# RFC 3903 6: publications likewise
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 600

    {online}
Alice receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 3600
Bob receives 200
Bob receives NOTIFY
    body contains first
the clock is set 3600 s ahead
after 590 s
within 20 s Bob receives NOTIFY
    body lacks first

# RFC 3903 6: a publication that a start found ends by the clock
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 600

    {online}
Alice receives 200
the server crashes
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 3600
Bob receives 200
Bob receives NOTIFY
    body contains first
the clock is set 3600 s ahead
within 12 s Bob receives NOTIFY
    body lacks first

# RFC 3428 7: a message that a start found ends by the clock, one of this run when it was to end
Bob sends MESSAGE sip:alice@localhost
    Expires: 600

    before
Bob receives 202
the server crashes
Bob sends MESSAGE sip:alice@localhost
    Expires: 600

    since
Bob receives 202
the clock is set 3600 s ahead
after 15 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    Expires: 585
    body contains since
Alice receives nothing

# RFC 3261 10.3: a binding of this run is told with the time it was granted
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
the clock is set 3600 s ahead
after 100 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    CSeq: 2 REGISTER
Alice receives 200
    Contact: <sip:alice@192.0.2.10>;expires=500

# RFC 6665 4.2.1.4: what is alive is never told to have no time left, nor to end before its grace
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
after 602 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
Bob receives NOTIFY
    Subscription-State: active;expires=1
Bob refreshes
    Expires: 600
Bob receives 200
Bob receives NOTIFY
    Subscription-State: active;expires=600

# RFC 3261 10.3: a copy of a REGISTER of before the crash comes after what removed its contact
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
the server crashes
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=0
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 500

# RFC 3261 10.3: a late copy of a REGISTER does not bring back what another device removed
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
Bob sends REGISTER sip:localhost
    From: <sip:alice@localhost>;tag=other
    To: <sip:alice@localhost>
    Call-ID: other
    CSeq: 7 REGISTER
    Contact: *
    Expires: 0
Bob receives 200
    no Contact
the server crashes
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 500
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
    Contact: <sip:alice@192.0.2.10>;expires=600

# RFC 3261 10.3: ... nor what another Call-ID took over after the crash and removed
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: first
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
the server crashes
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: second
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: second
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=0
Alice receives 200
    no Contact
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: first
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 500

# RFC 3261 10.3: a late copy of a removal does not remove what was registered since
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
Bob sends REGISTER sip:localhost
    Via: SIP/2.0/UDP 192.0.2.11:5060;rport;branch=z9hG4bKremoval
    From: <sip:alice@localhost>;tag=other
    To: <sip:alice@localhost>
    Call-ID: other
    CSeq: 7 REGISTER
    Contact: *
    Expires: 0
Bob receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: phone
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10>;expires=600
Alice receives 200
the server crashes
Bob sends REGISTER sip:localhost
    Via: SIP/2.0/UDP 192.0.2.11:5060;rport;branch=z9hG4bKremoval
    From: <sip:alice@localhost>;tag=other
    To: <sip:alice@localhost>
    Call-ID: other
    CSeq: 7 REGISTER
    Contact: *
    Expires: 0
Bob receives 200
    Contact: <sip:alice@192.0.2.10>;expires=600

# RFC 6665 4.2.1.4: restarts that follow each other do not keep what ran out
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 60
Bob receives 200
Bob receives NOTIFY
after 5 s
the server crashes for 300 s
the server crashes for 20 s
the server crashes for 20 s
the server holds 1 subscriptions
the server crashes for 20 s
the server crashes for 20 s
within 1 s Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
the server holds 0 subscriptions

# RFC 3903 6: ... nor publications
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 60

    {online}
Alice receives 200
the server crashes for 300 s
the server crashes for 20 s
the server crashes for 20 s
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Bob receives 200
Bob receives NOTIFY
    body contains first
the server crashes for 20 s
the server crashes for 20 s
after 1 s
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Bob receives 200
Bob receives NOTIFY
    body lacks first

# RFC 6665 4.2.1.4: what runs out between restarts has its time of grace
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 60
Bob receives 200
Bob receives NOTIFY
after 5 s
the server crashes for 20 s
the server crashes for 50 s
the server holds 1 subscriptions
after 49 s
Bob refreshes
Bob receives 200
    Expires: 3600
Bob receives NOTIFY

# RFC 6665 4.2.1.4: a database's clock that is set ends nothing, neither what a start found nor what was granted since
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
after 5 s
the server crashes
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Carol receives 200
Carol receives NOTIFY
the database's clock is set 3600 s ahead
after 490 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
Bob receives NOTIFY
    Subscription-State: active;expires=10*
Carol receives NOTIFY
    Subscription-State: active;expires=10*
within 120 s Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
within 120 s Carol receives NOTIFY
    Subscription-State: terminated;reason=timeout

# RFC 3261 10.3: bindings likewise
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10>;expires=900
Alice receives 200
after 5 s
the server crashes
the database's clock is set 3600 s ahead
after 100 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
Alice receives 200
    Contact: <sip:alice@192.0.2.10>;expires=79*
