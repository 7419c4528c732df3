-- Who may see what: RFC 4745 and RFC 5025, with the lists that stand for them.

actor Ann is sip:ann@localhost
actor Zed is sip:zed@example.org

# RFC 5025 3.2.1: a watcher is pending until the owner allows him, then told at once
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: pending;*
    no Content-Type
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains status="pending"
after 10 s
an operator lists sip:zed@example.org for sip:alice@localhost as allow
Zed receives NOTIFY
    Subscription-State: active;*
    Content-Type: application/pidf+xml
Alice receives NOTIFY
    body contains version="1" state="partial"
    body contains status="active" event="approved"

# RFC 5025 3.2.1: who is blocked is told that it is over, and is refused from then on
Ann sends SUBSCRIBE sip:alice@localhost
    Event: presence
Ann receives 200
Ann receives NOTIFY
    Subscription-State: active;*
an operator lists sip:ann@localhost for sip:alice@localhost as block
Ann receives NOTIFY
    Subscription-State: terminated;reason=rejected
    no Content-Type
Ann sends SUBSCRIBE sip:alice@localhost
    Event: presence
Ann receives 403

# RFC 5025 3.2.1: a pending watcher who is blocked is rejected
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
an operator lists *@example.org for sip:alice@localhost as block
Zed receives NOTIFY
    Subscription-State: terminated;reason=rejected
    no Content-Type

# RFC 5025 3.2.1: an owner with any rule keeps those waiting whom none of them names
Ann sends SUBSCRIBE sip:alice@localhost
    Event: presence
Ann receives 200
Ann receives NOTIFY
    Subscription-State: active;*
an operator lists sip:carol@localhost for sip:alice@localhost as allow
Ann receives NOTIFY
    Subscription-State: pending;*
    no Content-Type
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="s"><status><basic>open</basic></status></tuple></presence>
Bob receives 200
Ann receives nothing

# RFC 5025 3.2.1: polite-block looks like somebody who never published, whatever happens
Ann sends SUBSCRIBE sip:dora@localhost
    Event: presence
Ann receives 200
Ann receives NOTIFY
    Subscription-State: active;*
    body contains <basic>closed</basic>
an operator lists sip:ann@localhost for sip:alice@localhost as polite-block
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="s"><status><basic>open</basic></status></tuple></presence>
Bob receives 200
Ann sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Call-ID: second
Ann receives 200
Ann receives NOTIFY
    Subscription-State: active;*
    body contains <tuple id="closed"><status><basic>closed</basic></status><contact>sip:alice@localhost</contact></tuple></presence>
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="s"><status><basic>closed</basic></status><note>away</note></tuple></presence>
Bob receives 200
Ann receives nothing
Ann refreshes
Ann receives 200
Ann receives NOTIFY
    body contains <tuple id="closed"><status><basic>closed</basic></status><contact>sip:alice@localhost</contact></tuple></presence>
an operator lists sip:ann@localhost for sip:alice@localhost as allow
Ann receives NOTIFY
    Subscription-State: active;*
    body contains <note>away</note>

# RFC 5025 3.3: what is not granted is not shown, and what is granted later is told at once
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="s"><status><basic>open</basic></status><contact>sip:alice@192.0.2.1</contact><note>here</note></tuple>
    <tuple id="m"><status><basic>open</basic></status><contact>mailto:alice@localhost</contact></tuple></presence>
Bob receives 200
an operator sets the rules of sip:alice@localhost
    <ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">
    <rule id="a"><conditions><identity><one id="sip:ann@localhost"/></identity></conditions>
    <actions><pr:sub-handling>allow</pr:sub-handling></actions>
    <transformations><pr:provide-services><pr:service-uri-scheme>sip</pr:service-uri-scheme></pr:provide-services></transformations>
    </rule></ruleset>
Ann sends SUBSCRIBE sip:alice@localhost
    Event: presence
Ann receives 200
Ann receives NOTIFY
    Subscription-State: active;*
    body contains sip:alice@192.0.2.1
    body lacks mailto:
    body lacks here
an operator sets the rules of sip:alice@localhost
    <ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">
    <rule id="a"><conditions><identity><one id="sip:ann@localhost"/></identity></conditions>
    <actions><pr:sub-handling>allow</pr:sub-handling></actions>
    <transformations><pr:provide-services><pr:service-uri-scheme>sip</pr:service-uri-scheme></pr:provide-services><pr:provide-note>true</pr:provide-note></transformations>
    </rule></ruleset>
Ann receives NOTIFY
    body contains here
    body lacks mailto:
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="n"><status><basic>open</basic></status><contact>mailto:other@localhost</contact></tuple></presence>
Bob receives 200
Ann receives nothing

# RFC 5025 3.3: what is not granted is not shown in another type either
an operator sets the rules of sip:alice@localhost
    <ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">
    <rule id="a"><conditions><identity><one id="sip:ann@localhost"/></identity></conditions>
    <actions><pr:sub-handling>allow</pr:sub-handling></actions>
    <transformations><pr:provide-services><pr:service-uri-scheme>sip</pr:service-uri-scheme></pr:provide-services></transformations>
    </rule></ruleset>
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="s"><status><basic>open</basic></status><contact>sip:alice@192.0.2.1</contact><note>here</note></tuple>
    <tuple id="m"><status><basic>open</basic></status><contact>mailto:alice@localhost</contact></tuple></presence>
Bob receives 200
Ann sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Accept: application/cpim-pidf+xml
Ann receives 200
Ann receives NOTIFY
    Content-Type: application/cpim-pidf+xml
    body lacks here
Ann answers 415
Ann receives NOTIFY
    Content-Type: application/pidf+xml
    body contains sip:alice@192.0.2.1
    body lacks mailto:
    body lacks here

# RFC 5025 3.2.1: what was decided holds over a crash, for who is there and who comes
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: pending;*
an operator lists sip:zed@example.org for sip:alice@localhost as allow
Zed receives NOTIFY
    Subscription-State: active;*
an operator lists sip:ann@localhost for sip:alice@localhost as polite-block
after 60 s
the server crashes
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="s"><status><basic>open</basic></status></tuple></presence>
Bob receives 200
Zed receives NOTIFY
    Subscription-State: active;*
    body contains <basic>open</basic>
Ann sends SUBSCRIBE sip:alice@localhost
    Event: presence
Ann receives 200
Ann receives NOTIFY
    body contains <basic>closed</basic>

# RFC 5025 3.2.1: what is decided once is good for the subscription there is, over a crash and refreshes, and no longer
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 600
Zed receives 200
Zed receives NOTIFY
    Subscription-State: pending;*
an operator decides once about *@example.org for sip:alice@localhost: allow
Zed receives NOTIFY
    Subscription-State: active;*
    Content-Type: application/pidf+xml
after 60 s
the server crashes
Zed refreshes
Zed receives 200
Zed receives NOTIFY
    Subscription-State: active;*
Zed unsubscribes
Zed receives 200
Zed receives NOTIFY
    Subscription-State: terminated;*
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: pending;*
    no Content-Type

# RFC 5025 3.2.1: who is let in once is out once a rule refuses him
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: pending;*
an operator decides once about sip:zed@example.org for sip:alice@localhost: allow
Zed receives NOTIFY
    Subscription-State: active;*
an operator lists sip:zed@example.org for sip:alice@localhost as block
Zed receives NOTIFY
    Subscription-State: terminated;reason=rejected
    no Content-Type

# RFC 5025 3.2.1: who is refused once may ask again; who is put off once sees nobody there
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: pending;*
an operator decides once about sip:zed@example.org for sip:alice@localhost: block
Zed receives NOTIFY
    Subscription-State: terminated;reason=rejected
    no Content-Type
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: pending;*
an operator decides once about sip:zed@example.org for sip:alice@localhost: polite-block
Zed receives NOTIFY
    Subscription-State: active;*
    body contains <basic>closed</basic>
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="s"><status><basic>open</basic></status></tuple></presence>
Bob receives 200
Zed receives nothing

# RFC 4745 7.4: a validity that ends withdraws what it gave, at that moment
an operator sets the rules of sip:alice@localhost
    <ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">
    <rule id="a"><conditions><validity><from>2020-01-01T00:00:00Z</from><until>2027-01-15T08:10:00Z</until></validity></conditions>
    <actions><pr:sub-handling>allow</pr:sub-handling></actions>
    </rule></ruleset>
Ann sends SUBSCRIBE sip:alice@localhost
    Event: presence
Ann receives 200
Ann receives NOTIFY
    Subscription-State: active;*
within 601 s Ann receives NOTIFY
    Subscription-State: pending;*
    no Content-Type

# RFC 5025 3.1.2: the sphere the owner is in decides, from the moment he says so
an operator sets the rules of sip:alice@localhost
    <ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">
    <rule id="a"><conditions><sphere value="Work"/></conditions>
    <actions><pr:sub-handling>allow</pr:sub-handling></actions>
    </rule></ruleset>
Ann sends SUBSCRIBE sip:alice@localhost
    Event: presence
Ann receives 200
Ann receives NOTIFY
    Subscription-State: pending;*
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@localhost">
    <tuple id="s"><status><basic>open</basic></status></tuple><dm:person id="p"><r:sphere><r:work/></r:sphere></dm:person></presence>
Bob receives 200
Ann receives NOTIFY
    Subscription-State: active;*
Bob sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@localhost">
    <tuple id="t"><status><basic>open</basic></status></tuple><dm:person id="p"><r:sphere><r:home/></r:sphere></dm:person></presence>
Bob receives 200
Ann receives NOTIFY
    Subscription-State: pending;*
    no Content-Type

# RFC 3857 4.7.1: who waits and is approved is told nothing, and is let in when he comes
config winfo.waiting_retention = 604800
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: pending;*
Zed unsubscribes
Zed receives 200
Zed receives NOTIFY
    Subscription-State: terminated;*
Alice sends SUBSCRIBE sip:alice@localhost
    Event: presence.winfo
Alice receives 200
Alice receives NOTIFY
    body contains status="waiting" event="timeout"
after 10 s
an operator lists sip:zed@example.org for sip:alice@localhost as allow
Alice receives NOTIFY
    body contains status="terminated" event="approved"
Zed receives nothing
after 10 s
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: active;*
Alice receives NOTIFY
    body contains status="active" event="subscribe"

# RFC 5025 3.2.1: what a domain says holds for owners who say nothing themselves
an operator lists *@example.org for localhost as allow
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: active;*
an operator lists sip:carol@localhost for sip:alice@localhost as allow
Zed receives NOTIFY
    Subscription-State: pending;*
    no Content-Type

# RFC 5025 3.2.1: a default of the operator decides where nobody says anything
config authz.default = ["presence * polite-block"]
Zed sends SUBSCRIBE sip:alice@localhost
    Event: presence
Zed receives 200
Zed receives NOTIFY
    Subscription-State: active;*
    body contains <basic>closed</basic>

# RFC 5025 3.1: a rule that names no packages is about presence alone
each package: reg message-summary
config sip.auth = "digest"
account sip:ann@localhost password secret
actor Ann is sip:ann@localhost
    password: secret
an operator lists *@localhost for sip:alice@localhost as allow
Ann sends SUBSCRIBE sip:alice@localhost
    Event: {package}
Ann receives 401
Ann answers the challenge
Ann receives 403
