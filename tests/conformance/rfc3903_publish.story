text online
    <?xml version="1.0" encoding="UTF-8"?>
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
      <tuple id="desk"><status><basic>open</basic></status><note>at the desk</note></tuple>
    </presence>
text away
    <?xml version="1.0" encoding="UTF-8"?>
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
      <tuple id="desk"><status><basic>closed</basic></status><note>out for lunch</note></tuple>
    </presence>

# RFC 3903 4: initial, refresh, modify, remove: four entity-tags, and watchers hear of three
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 600

    {online}
Alice receives 200
    SIP-ETag: {first}
    Expires: 600
    no Contact
    no Record-Route
Bob receives NOTIFY
    body contains <basic>open</basic>
    body contains at the desk
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {first}
    Expires: 600
Alice receives 200
    SIP-ETag: {second}
    Expires: 600
Bob receives nothing
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {second}

    {away}
Alice receives 200
    SIP-ETag: {third}
    Expires: 3600
Bob receives NOTIFY
    body contains <basic>closed</basic>
    body contains out for lunch
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {third}
    Expires: 0
Alice receives 200
    SIP-ETag: {fourth}
    Expires: 0
Bob receives NOTIFY
    body contains <basic>closed</basic>
    body lacks lunch
{first} is not {second}
{first} is not {third}
{second} is not {third}
{third} is not {fourth}

# RFC 3903 6: the previous entity-tag is refused with 412 and changes nothing
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {first}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {first}
Alice receives 200
    SIP-ETag: {second}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {first}

    {away}
Alice receives 412
    no SIP-ETag
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {second}
Alice receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
    Expires: 0
Bob receives 200
Bob receives NOTIFY
    body contains at the desk
