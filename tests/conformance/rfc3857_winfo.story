-- Watcher information: RFC 3857, with the documents of RFC 3858.

# RFC 3857 4.4: the owner is told at once that nobody watches
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
    Expires: 3600
Alice receives NOTIFY
    Event: presence.winfo
    Content-Type: application/watcherinfo+xml
    body contains <watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0" state="full">
    body contains <watcher-list resource="sip:alice@localhost" package="presence"/>

# RFC 3857 4.7.1: who watches, and who waits, is told with status, event and durations
actor Dave is sip:dave@example.org
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Bob receives 200
Bob receives NOTIFY
Dave sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 900
Dave receives 200
Dave receives NOTIFY
    Subscription-State: pending;*
after 20 s
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains version="0" state="full"
    body contains status="active" event="subscribe" duration-subscribed="20" expiration="580">sip:bob@localhost</watcher>
    body contains status="pending" event="subscribe" duration-subscribed="20" expiration="880">sip:dave@example.org</watcher>

# RFC 3857 4.7.2: changes are told as such, with rising versions, and each watcher in them once
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains version="0" state="full"
    body contains sip:bob@localhost
after 10 s
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
Alice receives NOTIFY
    body contains version="1" state="partial"
    body contains status="active" event="subscribe"
    body contains sip:carol@localhost
    body lacks sip:bob@localhost
after 10 s
Carol unsubscribes
Carol receives 200
Carol receives NOTIFY
    Subscription-State: terminated;*
Alice receives NOTIFY
    body contains version="2" state="partial"
    body contains status="terminated" event="timeout"
    body contains sip:carol@localhost
    body lacks sip:bob@localhost
after 60 s
Alice receives nothing

# RFC 3857 4.10: changes within five seconds are told together
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
after 10 s
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice receives NOTIFY
    body contains version="1" state="partial"
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
Bob unsubscribes
Bob receives 200
Bob receives NOTIFY
Alice receives nothing
within 5 s Alice receives NOTIFY
    body contains version="2" state="partial"
    body contains status="terminated" event="timeout"
    body contains sip:carol@localhost

# RFC 3857 4.7.1: a refresh of a watcher changes nothing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
after 100 s
Bob refreshes
Bob receives 200
Bob receives NOTIFY
Alice receives nothing

# RFC 3857 4.7.2: a refresh of the owner, a fetch and the end are answered with everything
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains version="0" state="full"
    body contains sip:bob@localhost
Alice refreshes
Alice receives 200
Alice receives NOTIFY
    body contains version="1" state="full"
    body contains sip:bob@localhost
Alice unsubscribes
Alice receives 200
Alice receives NOTIFY
    Subscription-State: terminated;*
    body contains version="2" state="full"
    body contains sip:bob@localhost
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
    Expires: 0
Alice receives 200
Alice receives NOTIFY
    Subscription-State: terminated;*
    body contains version="0" state="full"
    body contains sip:bob@localhost

# RFC 3858 4: versions rise over a crash, and what follows it is told whole
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains version="0" state="full"
after 60 s
the server crashes
after 10 s
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
Alice receives NOTIFY
    body contains state="full"
    body lacks version="1"
    body contains sip:bob@localhost
    body contains sip:carol@localhost

# RFC 3857 4.6: watchers are between them and the owner
each package: presence.winfo message-summary.winfo reg.winfo
Bob sends SUBSCRIBE sip:alice@localhost
    Event: {package}
Bob receives 403

# RFC 3857 4.6: a delegate sees who watches, and not who watches that
account sip:alice@localhost password secret
    delegate: sip:bob@localhost presence
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Bob receives 200
Bob receives NOTIFY
    body contains state="full"
Bob sends SUBSCRIBE sip:alice@localhost
    Event: reg.winfo
Bob receives 403
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo.winfo
Bob receives 403
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo.winfo
Alice receives 200
Alice receives NOTIFY
    body contains package="presence.winfo"
    body contains sip:bob@localhost

# RFC 3857 4.6: who is no delegate any more is not told who watches
account sip:alice@localhost password secret
    delegate: sip:bob@localhost presence
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Bob receives 200
Bob receives NOTIFY
    body contains state="full"
account sip:alice@localhost password secret
Bob receives NOTIFY
    Subscription-State: terminated;reason=rejected
    no body

# RFC 3857 4.1: watchers of any package are a package, theirs too, and there it ends
each package: message-summary.winfo reg.winfo presence.winfo.winfo
Alice sends SUBSCRIBE sip:alice@localhost
    Event: {package}
Alice receives 200
Alice receives NOTIFY
    Event: {package}
    Content-Type: application/watcherinfo+xml
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo.winfo.winfo
Alice receives 489
    Allow-Events: *presence.winfo*

# RFC 3857 4.5: who takes no watcher information is told so
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
    Accept: application/pidf+xml
Alice receives 406

# RFC 3857 4.1: watchers are not published
Alice sends PUBLISH sip:alice@localhost
    Event: presence.winfo
    Content-Type: application/watcherinfo+xml

    <watcherinfo/>
Alice receives 489

# RFC 3857 4.7.1: who gave up before the owner decided waits for days, over restarts
config winfo.waiting_retention = 604800
actor Dave is sip:dave@example.org
Dave sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Dave receives 200
Dave receives NOTIFY
    Subscription-State: pending;*
within 610 s Dave receives NOTIFY
    Subscription-State: terminated;reason=timeout*
after 1000 s
the server crashes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains state="full"
    body contains status="waiting" event="timeout"
    body contains sip:dave@example.org

# RFC 3857 4.7.1: who asks again while he waits gives up the first and is pending
config winfo.waiting_retention = 604800
actor Dave is sip:dave@example.org
Dave sends SUBSCRIBE sip:alice@localhost
    Event: presence
Dave receives 200
Dave receives NOTIFY
    Subscription-State: pending;*
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains status="pending"
after 10 s
Dave unsubscribes
Dave receives 200
Dave receives NOTIFY
    Subscription-State: terminated;*
Alice receives NOTIFY
    body contains status="waiting" event="timeout"
after 10 s
Dave sends SUBSCRIBE sip:alice@localhost
    Event: presence
Dave receives 200
Dave receives NOTIFY
    Subscription-State: pending;*
Alice receives NOTIFY
    body contains status="terminated" event="giveup"
    body contains status="pending" event="subscribe"

# RFC 3857 4.7.1: who fetches before the owner decided waits too
config winfo.waiting_retention = 604800
actor Dave is sip:dave@example.org
Dave sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Dave receives 200
Dave receives NOTIFY
    Subscription-State: terminated;*
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains status="waiting" event="timeout"
    body contains sip:dave@example.org

# RFC 3857 4.7.1: nobody waits for ever
config winfo.waiting_retention = 3600
actor Dave is sip:dave@example.org
Dave sends SUBSCRIBE sip:alice@localhost
    Event: presence
Dave receives 200
Dave receives NOTIFY
Dave unsubscribes
Dave receives 200
Dave receives NOTIFY
after 3000 s
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains status="waiting"
within 605 s Alice receives NOTIFY
    body contains status="terminated" event="giveup"

# RFC 3857 4.7.1: with too many of one owner the one who waited longest gives way
config winfo.waiting_retention = 3600
config winfo.waiting_per_owner = 1
actor Dave is sip:dave@example.org
actor Eve is sip:eve@example.org
Dave sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Dave receives 200
Dave receives NOTIFY
Eve sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Eve receives 200
Eve receives NOTIFY
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains sip:eve@example.org
    body lacks sip:dave@example.org
