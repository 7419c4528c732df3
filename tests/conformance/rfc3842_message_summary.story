text two
    Messages-Waiting: yes
    Message-Account: sip:alice@vmail.localhost
    Voice-Message: 2/8 (0/2)
text none
    Messages-Waiting: no
    Voice-Message: 0/8
text three
    Messages-Waiting: yes
    Voice-Message: 3/8
text one
    Messages-Waiting: yes
    Voice-Message: 1/0
text more
    Messages-Waiting: yes
    Voice-Message: 5/0
text lunch
    Messages-Waiting: yes
    Voice-Message: 1/0

    Message-ID: <1@vmail>
    From: sip:bob@localhost
    Subject: lunch
text both
    Messages-Waiting: yes
    Voice-Message: 2/0

    Message-ID: <1@vmail>
    From: sip:bob@localhost
    Subject: lunch

    Message-ID: <2@vmail>
    From: sip:carol@localhost
    Subject:
     dinner

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

# RFC 3842 3.7: nobody but the owner may ask about a mailbox, where it is proved who asks
config sip.auth = "digest"
account sip:bob@localhost password builder
actor Bob is sip:bob@localhost
    password: builder
Bob sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Bob receives 401
Bob answers the challenge
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

# RFC 3842 3.12: no more than one NOTIFY a second, the latest state when it is due
an operator sets message-summary of sip:alice@localhost
    {two}
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 2/8
an operator sets message-summary of sip:alice@localhost
    {three}
Alice receives nothing
after 500 ms
an operator sets message-summary of sip:alice@localhost
    {two}
an operator sets message-summary of sip:alice@localhost
    {three}
Alice receives nothing
after 500 ms
Alice receives NOTIFY
    body contains Voice-Message: 3/8
after 10 s
an operator sets message-summary of sip:alice@localhost
    {none}
Alice receives NOTIFY
    body contains Voice-Message: 0/8

# RFC 3842 3.12: the lamp itself does not wait for the second to be over
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Messages-Waiting: no
an operator sets message-summary of sip:alice@localhost
    {two}
Alice receives NOTIFY
    body contains Messages-Waiting: yes
an operator sets message-summary of sip:alice@localhost
    {three}
Alice receives nothing
an operator sets message-summary of sip:alice@localhost
    {none}
Alice receives NOTIFY
    body contains Messages-Waiting: no
after 1 s
Alice receives nothing

# RFC 3842 3.5: the account to dial is the configured one where the counters name none
config mwi.account = "sip:*97-{user}@voicemail.{host}"
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Message-Account: sip:*97-alice@voicemail.localhost
an operator sets message-summary of sip:alice@localhost
    {two}
Alice receives NOTIFY
    body contains Message-Account: sip:alice@vmail.localhost

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

# RFC 3842 4: a group's lamp counts its own messages and those of its members, under its own account
an operator sets message-summary of sip:sales@localhost
    {two}
an operator sets message-summary of sip:alice@localhost
    Messages-Waiting: yes
    Voice-Message: 1/0
    Fax-Message: 4/0
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    member sip:support@localhost
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Message-Account: sip:alice@localhost
    body contains Voice-Message: 3/8 (0/2)
    body contains Fax-Message: 4/0
after 2 s
an operator sets message-summary of sip:support@localhost
    {three}
Alice receives NOTIFY
    body contains Voice-Message: 6/16 (0/2)
after 2 s
an operator sets the mailbox settings of sip:alice@localhost
    member sip:support@localhost
Alice receives NOTIFY
    body contains Voice-Message: 4/8 (0/0)
after 2 s
an operator sets the mailbox settings of sip:alice@localhost
Alice receives NOTIFY
    body contains Voice-Message: 1/0 (0/0)
after 2 s
an operator sets message-summary of sip:support@localhost
    {two}
Alice receives nothing

# RFC 3842 4: groups that are members of each other count each mailbox once
an operator sets the mailbox settings of sip:alice@localhost
    member sip:bob@localhost
an operator sets the mailbox settings of sip:bob@localhost
    member sip:alice@localhost
an operator sets message-summary of sip:alice@localhost
    {two}
an operator sets message-summary of sip:bob@localhost
    {three}
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 5/16
Bob sends SUBSCRIBE sip:bob@localhost
    Event: message-summary
Bob receives 200
Bob receives NOTIFY
    body contains Voice-Message: 5/16

# RFC 3842 4: a group knows its members' counters after kill -9, and hears of them again
an operator sets message-summary of sip:sales@localhost
    {two}
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 2/8
after 70 s
the server crashes
Alice receives nothing
after 2 s
an operator sets message-summary of sip:sales@localhost
    {three}
Alice receives NOTIFY
    body contains Voice-Message: 3/8

# RFC 3842 4: phones that did not subscribe are told where that is wanted, once a registration and at each change
config mwi.unsolicited = true
an operator sets message-summary of sip:alice@localhost
    {two}
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot1
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives NOTIFY
    Event: message-summary
    Subscription-State: terminated;reason=timeout
    To: <sip:alice@localhost>
    body contains Voice-Message: 2/8
after 2 s
an operator sets message-summary of sip:alice@localhost
    {three}
Alice receives NOTIFY
    body contains Voice-Message: 3/8
an operator sets message-summary of sip:alice@localhost
    {three}
Alice receives nothing
after 2 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot1
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 3/8
after 2 s
an operator sets the mailbox settings of sip:alice@localhost
    unsolicited no
an operator sets message-summary of sip:alice@localhost
    {two}
Alice receives nothing

# RFC 3261 22.2: a phone that did not subscribe may ask for credentials as well
config mwi.unsolicited = true
config sip.notify_logins = ["herald:secret@phone"]
an operator sets message-summary of sip:alice@localhost
    {two}
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives NOTIFY
    CSeq: {first} NOTIFY
Alice answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n1", qop="auth", algorithm=MD5
Alice receives NOTIFY
    CSeq: {second} NOTIFY
    Authorization: Digest *username="herald"*
    Authorization: *uri="sip:alice@192.0.2.10:5060"*
{second} is above {first}

# RFC 3581 4: a phone that did not subscribe is told where it is, by the next way where it must be
config mwi.unsolicited = true
actor Alice is sip:alice@localhost
    host: 192.0.2.30
actor Desk is sip:alice@localhost
    host: 192.0.2.31
an operator sets message-summary of sip:alice@localhost
    {two}
Alice sends REGISTER sip:localhost
    Via: SIP/2.0/UDP 192.0.2.30:5060;branch=z9hG4bKpassing
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.31:5060>
Alice receives 200
Desk receives NOTIFY
    request-uri sip:alice@192.0.2.31:5060
Desk answers 503 Service Unavailable
Alice receives NOTIFY
    body contains Voice-Message: 2/8

# RFC 5626 4.1: a phone is told though another one subscribed whose instance only begins like its own
config mwi.unsolicited = true
actor Desk is sip:alice@localhost
Desk sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
    Contact: <sip:alice@192.0.2.10:5060>;+sip.instance="<urn:uuid:12>"
Desk receives 200
Desk receives NOTIFY
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.11:5060>;+sip.instance="<urn:uuid:1>"
Alice receives 200
Alice receives NOTIFY
    Subscription-State: terminated;reason=timeout

# RFC 3842 4: who wants no NOTIFY without a subscription is left alone until it registers anew
each status: 405 481 489
an operator sets the mailbox settings of sip:alice@localhost
    unsolicited yes
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot1
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives NOTIFY
Alice answers {status}
after 2 s
an operator sets message-summary of sip:alice@localhost
    {two}
Alice receives nothing
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot1
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives nothing
after 2 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot2
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 2/8

# RFC 6665 6.4: no NOTIFY without a subscription unless it is asked for, none to a contact that has one
an operator sets the mailbox settings of sip:alice@localhost
    unsolicited yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives NOTIFY
    Subscription-State: active;expires=3600
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives nothing
Bob sends REGISTER sip:localhost
    To: <sip:bob@localhost>
    Contact: <sip:bob@192.0.2.11:5060>
Bob receives 200
Bob receives nothing
an operator sets message-summary of sip:bob@localhost
    {two}
Bob receives nothing

# RFC 3842 3.5: without a configuration no NOTIFY lists messages, whatever is published
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
an operator sets message-summary of sip:alice@localhost
    {lunch}
Alice receives NOTIFY
    body contains Voice-Message: 1/0
    body lacks Message-ID
    body lacks lunch

# RFC 3842 3.5: a later NOTIFY lists the messages added since the one before, with the headers that are wanted
config mwi.message_headers = ["subject", "From"]
an operator sets message-summary of sip:alice@localhost
    {lunch}
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 1/0
    body lacks lunch
after 2 s
an operator sets message-summary of sip:alice@localhost
    {both}
Alice receives NOTIFY
    body contains Voice-Message: 2/0
    body contains From: sip:carol@localhost
    body contains Subject: dinner
    body lacks lunch
    body lacks Message-ID
after 2 s
an operator sets message-summary of sip:alice@localhost
    Messages-Waiting: yes
    Voice-Message: 1/1

    Message-ID: <2@vmail>
    Subject: dinner, opened
Alice receives NOTIFY
    body contains Voice-Message: 1/1
    body lacks dinner

# RFC 3842 3.8: no NOTIFY that answers a SUBSCRIBE lists messages
config mwi.message_headers = ["Subject"]
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    body contains Messages-Waiting: no
an operator sets message-summary of sip:alice@localhost
    {lunch}
Alice receives NOTIFY
    body contains Subject: lunch
Alice refreshes
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 1/0
    body lacks lunch
an operator sets message-summary of sip:alice@localhost
    {both}
Alice unsubscribes
Alice receives 200
Alice receives NOTIFY
    Subscription-State: terminated;reason=timeout
    body contains Voice-Message: 2/0
    body lacks Subject
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
    Expires: 0
Alice receives 200
Alice receives NOTIFY
    body contains Voice-Message: 2/0
    body lacks Subject

# RFC 3842 3.5: of messages that come faster than NOTIFYs may go none is left out
config mwi.message_headers = ["Subject"]
an operator sets message-summary of sip:alice@localhost
    {two}
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
an operator sets message-summary of sip:alice@localhost
    {lunch}
an operator sets message-summary of sip:alice@localhost
    {both}
Alice receives nothing
after 1 s
Alice receives NOTIFY
    body contains Voice-Message: 2/0
    body contains Subject: lunch
    body contains Subject: dinner

# RFC 3842 3.5: a message is told of even where it leaves the counters as they were
config mwi.message_headers = ["Subject"]
an operator sets message-summary of sip:alice@localhost
    {lunch}
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
after 2 s
an operator sets message-summary of sip:alice@localhost
    Messages-Waiting: yes
    Voice-Message: 1/0

    Message-ID: <2@vmail>
    Subject: dinner
Alice receives NOTIFY
    body contains Voice-Message: 1/0
    body contains Subject: dinner
after 2 s
an operator sets message-summary of sip:alice@localhost
    Messages-Waiting: yes
    Voice-Message: 1/0
Alice receives nothing

# RFC 3842 3.5: each subscription is told what it does not know
config mwi.message_headers = ["Subject"]
account sip:alice@localhost password secret
    delegate: sip:bob@localhost message-summary
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
an operator sets message-summary of sip:alice@localhost
    {lunch}
Alice receives NOTIFY
    body contains Subject: lunch
Bob sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Bob receives 200
Bob receives NOTIFY
    body lacks Subject
after 2 s
an operator sets message-summary of sip:alice@localhost
    {both}
Bob receives NOTIFY
    body contains Subject: dinner
    body lacks lunch
Alice receives NOTIFY
    body contains Subject: dinner
    body lacks lunch

# RFC 3842 3.5: what was in a NOTIFY that was refused is listed again
config mwi.message_headers = ["Subject"]
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
an operator sets message-summary of sip:alice@localhost
    {lunch}
Alice receives NOTIFY
    body contains Subject: lunch
Alice answers 500
after 2 s
an operator sets message-summary of sip:alice@localhost
    {both}
Alice receives NOTIFY
    body contains Subject: lunch
    body contains Subject: dinner

# RFC 3842 3.5: a message that was there before a crash is counted after it, and not listed
config mwi.message_headers = ["Subject"]
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
an operator sets message-summary of sip:alice@localhost
    {lunch}
Alice receives NOTIFY
    body contains Subject: lunch
the server crashes
Alice receives NOTIFY
    body contains Voice-Message: 1/0
    body lacks lunch
after 2 s
an operator sets message-summary of sip:alice@localhost
    {both}
Alice receives NOTIFY
    body contains Subject: dinner
    body lacks lunch

# RFC 3842 3.5: a group lists what is new at its members, by any name each message once
config mwi.message_headers = ["Subject"]
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
an operator sets message-summary of sip:sales@localhost
    {lunch}
Alice receives NOTIFY
    body contains Voice-Message: 1/0
    body contains Subject: lunch
after 2 s
an operator sets message-summary of sip:alice@localhost
    {lunch}
Alice receives NOTIFY
    body contains Voice-Message: 2/0
    body lacks lunch

# RFC 3842 5.2: a header of a message that cannot be read is refused with its place
config mwi.message_headers = ["Subject"]
Voicemail sends PUBLISH sip:alice@localhost
    Event: message-summary

    Messages-Waiting: yes
    Voice-Message: 1/0

    Message-ID: <1@vmail>
    Subject lunch
Voicemail receives 400
    reason *line 5*

# RFC 3842 3.5: a group that tells of each account by itself sends a NOTIFY for each
an operator sets message-summary of sip:sales@localhost
    Messages-Waiting: yes
    Voice-Message: 1/0
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    member sip:support@localhost
    per_account yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
    Subscription-State: active;*
    body contains Message-Account: sip:alice@localhost
    body contains Voice-Message: 0/0
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
    body contains Voice-Message: 1/0
Alice receives NOTIFY
    body contains Message-Account: sip:support@localhost
    body contains Messages-Waiting: no
Alice receives nothing
Alice refreshes
Alice receives 200
Alice receives NOTIFY
    body contains Message-Account: sip:alice@localhost
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
Alice receives NOTIFY
    body contains Message-Account: sip:support@localhost
Alice receives nothing

# RFC 3842 3.5: of the accounts of a group only what changed is told, one after the other
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    member sip:support@localhost
    per_account yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
Alice receives NOTIFY
Alice receives NOTIFY
Alice receives nothing
after 2 s
an operator sets message-summary of sip:support@localhost
    {three}
Alice receives NOTIFY
    body contains Message-Account: sip:support@localhost
Alice receives nothing

# RFC 3842 3.5: one NOTIFY at a time: what changes at several accounts meanwhile follows
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    member sip:support@localhost
    per_account yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
Alice receives NOTIFY
Alice receives NOTIFY
after 2 s
an operator sets message-summary of sip:sales@localhost
    {one}
an operator sets message-summary of sip:support@localhost
    {one}
an operator sets message-summary of sip:alice@localhost
    {one}
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
Alice receives NOTIFY
    body contains Message-Account: sip:support@localhost
Alice receives NOTIFY
    body contains Message-Account: sip:alice@localhost
Alice receives nothing
after 2 s
an operator sets message-summary of sip:sales@localhost
    {more}
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
    body contains Voice-Message: 5/0
an operator sets message-summary of sip:support@localhost
    {more}
an operator sets message-summary of sip:alice@localhost
    {more}
Alice receives nothing
after 1 s
Alice receives NOTIFY
    body contains Message-Account: sip:support@localhost
Alice receives nothing
after 1 s
Alice receives NOTIFY
    body contains Message-Account: sip:alice@localhost
after 2 s
Alice receives nothing

# RFC 3842 3.5: an account whose NOTIFY was refused is told with the next change
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    per_account yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
Alice receives NOTIFY
an operator sets message-summary of sip:sales@localhost
    {one}
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
Alice answers 500
after 2 s
Alice receives nothing
an operator sets message-summary of sip:alice@localhost
    {one}
Alice receives NOTIFY
    body contains Message-Account: sip:alice@localhost
after 1 s
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
    body contains Voice-Message: 1/0

# RFC 3842 3.5: messages are listed for the account they came to
config mwi.message_headers = ["Subject"]
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    per_account yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
Alice receives NOTIFY
an operator sets message-summary of sip:sales@localhost
    {lunch}
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
    body contains Subject: lunch
after 2 s
an operator sets message-summary of sip:alice@localhost
    {one}
Alice receives NOTIFY
    body contains Message-Account: sip:alice@localhost
    body lacks lunch
after 2 s
an operator sets message-summary of sip:sales@localhost
    {both}
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
    body contains Subject: dinner
    body lacks lunch
Alice receives nothing

# RFC 3842 3.5: after a crash every account is told to who is not known to have it
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    per_account yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
Alice receives NOTIFY
after 70 s
the server crashes
Alice receives nothing
an operator sets message-summary of sip:sales@localhost
    {one}
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
the server crashes
Alice receives NOTIFY
    body contains Message-Account: sip:alice@localhost
Alice receives NOTIFY
    body contains Message-Account: sip:sales@localhost
    body contains Voice-Message: 1/0
Alice receives nothing

# RFC 3842 3.5: the last NOTIFY of a fetch ends it, those of the other accounts come before
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    member sip:support@localhost
    per_account yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
    Expires: 0
Alice receives 200
Alice receives NOTIFY
    Subscription-State: active;expires=1
    body contains Message-Account: sip:alice@localhost
Alice receives NOTIFY
    Subscription-State: active;expires=1
    body contains Message-Account: sip:sales@localhost
Alice receives NOTIFY
    Subscription-State: terminated;reason=timeout
    body contains Message-Account: sip:support@localhost
Alice receives nothing
the server holds 0 subscriptions

# RFC 3842 3.5: who unsubscribes is told of every account, and ended by the last
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    per_account yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
Alice receives NOTIFY
Alice unsubscribes
Alice receives 200
Alice receives NOTIFY
    Subscription-State: active;*
    body contains Message-Account: sip:alice@localhost
Alice receives NOTIFY
    Subscription-State: terminated;reason=timeout
    body contains Message-Account: sip:sales@localhost
the server holds 0 subscriptions

# RFC 3842 3.5: a phone that refuses while it leaves is let go
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    per_account yes
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
    Expires: 0
Alice receives 200
Alice receives NOTIFY
Alice answers 500
after 60 s
Alice receives nothing
the server holds 0 subscriptions

# RFC 3842 3.5: who loses a subscription to a group is told of one account, with the reason
an operator makes sip:100@localhost an alias of sip:alice@localhost
an operator sets the mailbox settings of sip:alice@localhost
    member sip:sales@localhost
    per_account yes
Alice sends SUBSCRIBE sip:100@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
Alice receives NOTIFY
an operator makes sip:100@localhost an alias of sip:carol@localhost
Alice receives NOTIFY
    Subscription-State: terminated;reason=deactivated
Alice receives nothing
the server holds 0 subscriptions

# RFC 3842 3.5: after a clean stop a message that comes later is listed to who was told before
config mwi.message_headers = ["Subject"]
Alice sends SUBSCRIBE sip:alice@localhost
    Event: message-summary
Alice receives 200
Alice receives NOTIFY
after 10 s
the server restarts
Alice receives nothing
an operator sets message-summary of sip:alice@localhost
    {lunch}
Alice receives NOTIFY
    body contains Subject: lunch
