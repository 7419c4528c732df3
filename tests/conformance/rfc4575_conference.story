-- A conference as its focus publishes it.
text begun
    <conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:room@localhost" state="full" version="1">
    <conference-state><user-count>1</user-count></conference-state>
    <users><user entity="sip:alice@localhost" state="full"><display-text>Alice</display-text>
    <endpoint entity="sip:alice@192.0.2.10"><status>connected</status></endpoint></user></users></conference-info>
text joined
    <conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:room@localhost" state="partial" version="2">
    <conference-state><user-count>2</user-count></conference-state>
    <users state="partial"><user entity="sip:bob@localhost" state="full"><display-text>Bob</display-text></user></users></conference-info>
text held
    <conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:room@localhost" state="partial" version="3">
    <users state="partial"><user entity="sip:alice@localhost" state="partial">
    <endpoint entity="sip:alice@192.0.2.10" state="partial"><status>on-hold</status></endpoint></user></users></conference-info>
text left
    <conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:room@localhost" state="partial" version="4">
    <users state="partial"><user entity="sip:alice@localhost" state="deleted"/></users></conference-info>

# RFC 4575 4.6: what a focus says in part is merged, and told whole, one number later each time
Carol sends SUBSCRIBE sip:room@localhost
    Event: conference
Carol receives 200
    Expires: 3600
Carol receives NOTIFY
    Content-Type: application/conference-info+xml
    body contains entity="sip:room@localhost" state="full" version="0"
    body lacks <user
after 6 s
Focus sends PUBLISH sip:room@localhost
    Event: conference
    Content-Type: application/conference-info+xml

    {begun}
Focus receives 200
    SIP-ETag: {one}
Carol receives NOTIFY
    body contains version="1"
    body contains <users><user entity="sip:alice@localhost"><display-text>Alice</display-text><endpoint entity="sip:alice@192.0.2.10"><status>connected</status></endpoint></user></users>
after 6 s
Focus sends PUBLISH sip:room@localhost
    Event: conference
    Content-Type: application/conference-info+xml
    SIP-If-Match: {one}

    {joined}
Focus receives 200
    SIP-ETag: {two}
Carol receives NOTIFY
    body contains state="full" version="2"
    body contains <user-count>2</user-count>
    body contains Alice
    body contains <user entity="sip:bob@localhost"><display-text>Bob</display-text></user>
after 6 s
Focus sends PUBLISH sip:room@localhost
    Event: conference
    Content-Type: application/conference-info+xml
    SIP-If-Match: {two}

    {held}
Focus receives 200
    SIP-ETag: {three}
Carol receives NOTIFY
    body contains version="3"
    body contains Alice
    body contains <status>on-hold</status>
    body lacks connected
after 6 s
the server crashes
Focus sends PUBLISH sip:room@localhost
    Event: conference
    Content-Type: application/conference-info+xml
    SIP-If-Match: {three}

    {left}
Focus receives 200
Carol receives NOTIFY
    body contains state="full"
    body lacks Alice
    body contains Bob

# RFC 4575 4: what is no conference is refused
Focus sends PUBLISH sip:room@localhost
    Event: conference
    Content-Type: application/conference-info+xml

    <conference/>
Focus receives 400
