-- What watchers of presence see, and what publishers of every make may send.
text online
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status><note>first</note></tuple></presence>

# RFC 3856 6.6.1: a watcher of the same domain sees everything at once
an operator sets presence of sip:alice@localhost
    {online}
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    Subscription-State: active;*
    body contains first

# RFC 3856 6.7: a {type} body for old clients
each type: application/xpidf+xml application/cpim-pidf+xml
an operator sets presence of sip:alice@localhost
    {online}
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Accept: {type}
Bob receives 200
Bob receives NOTIFY
    Content-Type: {type}
    body contains open

# RFC 3261 25.1: a ; or ? in the user part belongs to the name, and an entity has one spelling
each uri: sip:a;b?c@localhost sip:a%3bb%3fc@LOCALHOST sip:%61;b?c@localhost:5060;transport=udp
an operator sets presence of sip:a;b?c@localhost
    {online}
Bob sends SUBSCRIBE {uri}
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains entity="sip:a;b?c@localhost"
    body contains first

# RFC 3856 6.2: what the watcher asked for is the entity it is shown
an operator sets presence of sip:alice@localhost
    {online}
Bob sends SUBSCRIBE pres:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains entity="pres:alice@localhost"
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
    body contains entity="sip:alice@localhost"

# RFC 3863 4.1: a note before the tuple and a person without id are taken
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <?xml version="1.0" encoding="UTF-8"?>
    <presence entity="sip:alice@localhost" xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid">
     <note>On the phone</note>
     <tuple id="100"><status><basic>open</basic></status><contact priority="1">sip:alice@localhost</contact></tuple>
     <dm:person><rpid:activities><rpid:on-the-phone/></rpid:activities></dm:person>
    </presence>
Alice receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains on-the-phone
    body contains On the phone

# RFC 3863 4.1: an entity without scheme or with escapes is no reason to refuse
each entity: alice%40localhost alice@localhost 0x7f3a
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{entity}">
    <tuple id="0x7f3a"><status><basic>open</basic></status></tuple></presence>
Alice receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains entity="sip:alice@localhost"
    body contains <basic>open</basic>

# RFC 3863 4.2: extensions of other people's namespaces reach the watchers
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:agp="urn:ag-projects:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic><agp:extended>extended-away</agp:extended></status></tuple></presence>
Alice receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains urn:ag-projects:xml:ns:pidf
    body contains extended-away

# RFC 4479 3.1: a person before the tuples and empty activities are taken
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@localhost">
    <dm:person id="p1"><rpid:activities/></dm:person>
    <tuple id="t1"><status><basic>open</basic></status></tuple></presence>
Alice receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains <basic>open</basic>

# RFC 3856 6.4: PUBLISH without Expires is granted for an hour and says so
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    Expires: 3600

# RFC 3856 6.9: watchers by the hundred of one resource get one composed document, each
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
Dora sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Accept: application/xpidf+xml
Dora receives 200
Dora receives NOTIFY
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
    body contains first
Carol receives NOTIFY
    body contains first
Dora receives NOTIFY
    Content-Type: application/xpidf+xml

# RFC 3856 6.6.2: one watcher's failure is nobody else's
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Carol sends SUBSCRIBE sip:alice@localhost
    Event: presence
Carol receives 200
Carol receives NOTIFY
an operator sets presence of sip:alice@localhost
    {online}
Bob receives NOTIFY
Bob answers 481
Carol receives NOTIFY
an operator removes presence of sip:alice@localhost
Carol receives NOTIFY
the server holds 1 subscriptions

# RFC 4480 3.1: what holds until a time is taken out then, and watchers are told once
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
after 10 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
        xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status></tuple>
    <dm:person id="p"><r:activities until="2027-01-15T08:10:00Z"><r:meeting/></r:activities></dm:person>
    </presence>
Alice receives 200
Bob receives NOTIFY
    body contains meeting
after 300 s
Bob receives nothing
within 300 s Bob receives NOTIFY
    body lacks meeting
    body contains <basic>open</basic>
after 600 s
Bob receives nothing

# RFC 3903 6: what is published ranks above hard state of the same contact, which shows again afterwards
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
an operator sets presence of sip:alice@localhost
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"><tuple id="h"><status><basic>open</basic></status><contact>mailto:alice@example.com</contact></tuple></presence>
Bob receives NOTIFY
    body contains mailto:alice@example.com
after 10 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 600

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"><tuple id="s"><status><basic>closed</basic></status><contact>mailto:alice@example.com</contact></tuple><tuple id="t"><status><basic>open</basic></status><contact>sip:alice@192.0.2.7</contact></tuple></presence>
Alice receives 200
Bob receives NOTIFY
    body contains sip:alice@192.0.2.7
    body contains <basic>closed</basic>
after 10 s
an operator sets presence of sip:alice@localhost
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"><tuple id="h"><status><basic>open</basic></status><contact>mailto:alice@example.com</contact></tuple><note>back soon</note></presence>
Bob receives NOTIFY
    body contains back soon
    body contains <basic>closed</basic>
within 606 s Bob receives NOTIFY
    body contains mailto:alice@example.com
    body contains <basic>open</basic>
    body lacks <basic>closed</basic>
    body lacks sip:alice@192.0.2.7
an operator removes presence of sip:alice@localhost
Bob receives NOTIFY
    body contains <basic>closed</basic>
    body lacks mailto:alice@example.com

# RFC 3903 4: a PBX that was killed and publishes anew does not stand beside itself
config sip.trusted_peers = ["203.0.113.0/24"]
actor Pbx is sip:pbx@localhost
    host: 203.0.113.5
text hold
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="p"><status><basic>open</basic></status><note>On hold</note></tuple></presence>
text ready
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="q"><status><basic>open</basic></status><note>Ready</note></tuple></presence>
Pbx sends PUBLISH sip:alice@localhost
    Event: presence
    P-Asserted-Identity: <sip:pbx@localhost>
    Call-ID: before

    {hold}
Pbx receives 200
Pbx sends PUBLISH sip:alice@localhost
    Event: presence
    P-Asserted-Identity: <sip:pbx@localhost>
    Call-ID: after

    {ready}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains Ready
    body lacks On hold

# RFC 3903 4.1: devices of one user behind a trusted proxy keep one publication each
config sip.trusted_peers = ["203.0.113.0/24"]
actor Proxy is sip:alice@localhost
    host: 203.0.113.5
text desk
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="p"><status><basic>open</basic></status><note>Desk</note></tuple></presence>
text mobile
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="q"><status><basic>open</basic></status><note>Mobile</note></tuple></presence>
Proxy sends PUBLISH sip:alice@localhost
    Event: presence
    P-Asserted-Identity: <sip:alice@localhost>

    {desk}
Proxy receives 200
Proxy sends PUBLISH sip:alice@localhost
    Event: presence
    P-Asserted-Identity: <sip:alice@localhost>

    {mobile}
Proxy receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
    body contains Desk
    body contains Mobile
