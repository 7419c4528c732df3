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
after 600 s
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
the server holds 0 subscriptions
Bob refreshes
Bob receives 481
