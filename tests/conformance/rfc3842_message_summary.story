text two
    Messages-Waiting: yes
    Message-Account: sip:alice@vmail.localhost
    Voice-Message: 2/8 (0/2)
text none
    Messages-Waiting: no
    Voice-Message: 0/8

# RFC 3842 3.4: a mailbox of which nothing is known has no messages waiting
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
    Accept: application/simple-message-summary
Alice receives 200
    Expires: 3600
Alice receives NOTIFY
    Event: message-summary
    Content-Type: application/simple-message-summary
    body contains Messages-Waiting: no
    body contains Voice-Message: 0/0

# RFC 3842 3.7: nobody but the owner may ask about a mailbox
Bob sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Bob receives 403
the server holds 0 subscriptions

# RFC 3842 3.7: a delegate may ask about a mailbox
account sip:alice@localhost password secret
    delegate: sip:bob@localhost message-summary
Bob sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Bob receives 200
Bob receives NOTIFY

# RFC 3842 5.2: what the voicemail server says reaches the phone
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
after 2 s
Voicemail sends PUBLISH sip:alice@localhost
    Event: message-summary

    {two}
Voicemail receives 200
Alice receives NOTIFY
    Content-Type: application/simple-message-summary
    body contains Messages-Waiting: yes
    body contains Message-Account: sip:alice@vmail.localhost
    body contains Voice-Message: 2/8 (0/2)

# RFC 3842 3.9: no more than one NOTIFY a second, the latest state when it is due
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
an operator sets message-summary of sip:alice@localhost
    {two}
Alice receives nothing
after 500 ms
an operator sets message-summary of sip:alice@localhost
    {none}
an operator sets message-summary of sip:alice@localhost
    {two}
Alice receives nothing
after 500 ms
Alice receives NOTIFY
    body contains Voice-Message: 2/8
after 10 s
an operator sets message-summary of sip:alice@localhost
    {none}
Alice receives NOTIFY
    body contains Voice-Message: 0/8

# RFC 3842 3.3: a refresh is answered by a NOTIFY whatever the rate
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
Alice refreshes
Alice receives 200
Alice receives NOTIFY
Alice unsubscribes
Alice receives 200
Alice receives NOTIFY
    Subscription-State: terminated;reason=timeout

# RFC 3842 3.5: several voicemail servers keep messages for one mailbox: counts add up
an operator sets message-summary of sip:alice@localhost
    {two}
Voicemail sends PUBLISH sip:alice@localhost
    Event: message-summary

    Messages-Waiting: yes
    Voice-Message: 1/1 (1/0)
    Fax-Message: 3/0
Voicemail receives 200
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 3/9 (1/2)
    body contains Fax-Message: 3/0

# RFC 3842 5.2: a counter that cannot be read is refused with its place
Voicemail sends PUBLISH sip:alice@localhost
    Event: message-summary

    Messages-Waiting: yes
    Voice-Message: many
Voicemail receives 400
    reason *line 2*

# RFC 3842 3.5: a PIDF is no message summary
Voicemail sends PUBLISH sip:alice@localhost
    Event: message-summary
    Content-Type: application/pidf+xml

    <presence/>
Voicemail receives 415
    Accept: application/simple-message-summary

# RFC 3842 3.4: an old phone's spelling of the package is known and echoed
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-Summary
Alice receives 200
Alice receives NOTIFY
    Event: message-Summary

# RFC 3903 4: a publisher's new initial PUBLISH takes the place of its earlier one
config sip.trusted_peers = ["203.0.113.0/24"]
actor Voicemail is sip:voicemail@localhost
    host: 203.0.113.5
Voicemail sends PUBLISH sip:alice@localhost
    Event: message-summary
    P-Asserted-Identity: <sip:voicemail@localhost>

    {two}
Voicemail receives 200
    SIP-ETag: {old}
Voicemail sends PUBLISH sip:alice@localhost
    Event: message-summary
    P-Asserted-Identity: <sip:voicemail@localhost>

    {two}
Voicemail receives 200
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 2/8
Voicemail sends PUBLISH sip:alice@localhost
    Event: message-summary
    P-Asserted-Identity: <sip:voicemail@localhost>
    SIP-If-Match: {old}
Voicemail receives 412
