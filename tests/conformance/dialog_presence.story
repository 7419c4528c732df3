-- Calls feed presence, registrations may feed the lamp; nothing goes in a circle.
text answered
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:alice@localhost">
    <dialog id="d1" call-id="c1@pbx" local-tag="l1" remote-tag="r1" direction="recipient">
    <state>confirmed</state></dialog></dialog-info>
text desk
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="desk"><status><basic>closed</basic></status></tuple></presence>

# RFC 4480 3.2: who has a call is on the phone, and not any more when it is over
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body lacks on-the-phone
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
    SIP-ETag: {call}
Bob receives NOTIFY
    body contains <rpid:on-the-phone/>
    body contains <basic>open</basic>
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {call}
    Expires: 0
Pbx receives 200
Bob receives NOTIFY
    body lacks on-the-phone
    body lacks open

# RFC 4480 3.2: a call adds no device to those that are published
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {desk}
Alice receives 200
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains <rpid:on-the-phone/>
    body contains <basic>closed</basic>
    body lacks open

# RFC 4480 3.2: a call that a crash interrupts is still one after the start
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 600

    {answered}
Pbx receives 200
Bob receives NOTIFY
    body contains on-the-phone
after 5 s
the server crashes
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body contains on-the-phone

# RFC 4480 3.2: the operator may not want it
config dialog.on_the_phone = false
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Bob receives nothing

# RFC 4235 4: whether a phone is registered is told beside the calls, where the operator wants it
config dialog.registration = true
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains <registration xmlns="urn:herald:params:xml:ns:lamp">terminated</registration>
after 1 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Bob receives NOTIFY
    body contains <registration xmlns="urn:herald:params:xml:ns:lamp">active</registration>
after 1 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
    Expires: 0
Alice receives 200
Bob receives NOTIFY
    body contains <registration xmlns="urn:herald:params:xml:ns:lamp">terminated</registration>
