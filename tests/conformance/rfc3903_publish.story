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
text mobile
    <?xml version="1.0" encoding="UTF-8"?>
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
      <tuple id="mobile"><status><basic>open</basic></status><note>on the road</note></tuple>
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

# RFC 3903 6: an entity-tag is good for its own resource only
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Carol sends PUBLISH sip:carol@localhost
    Event: presence
    SIP-If-Match: {tag}
Carol receives 412

# RFC 3903 6: any token may be an entity-tag, in quotes too; a foreign one is 412
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: a.1795.119.2.0~!*
Alice receives 412
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: "{tag}"
Alice receives 200

# RFC 3903 6: more than one entity-tag is refused with 400
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: one
    SIP-If-Match: two
Alice receives 400
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: one, two
Alice receives 400

# RFC 3903 6: neither body nor entity-tag is refused with 400
Alice sends PUBLISH sip:alice@localhost
    Event: presence
Alice receives 400

# RFC 3903 6: a body of a type we do not take is refused with 415 and what we do take
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Content-Type: text/plain

    online
Alice receives 415
    Accept: *application/pidf+xml*

# RFC 3903 6: a body in an encoding we do not know is refused with 415
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Content-Encoding: gzip

    {online}
Alice receives 415
    Accept-Encoding: identity

# RFC 3903 6: a body that is not well-formed is refused with 400 and the place
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status>
Alice receives 400
    reason *line*

# RFC 3903 6: an external entity is refused and read from nowhere
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <!DOCTYPE presence [<!ENTITY x SYSTEM "file:///etc/passwd">]>
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic></status><note>&x;</note></tuple></presence>
Alice receives 400

# RFC 3903 6: a refused modification leaves document and entity-tag as they were
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}

    <presence/>
Alice receives 400
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
Alice receives 200

# RFC 3903 11.1.1: PUBLISH without Event or with an unknown one is refused with 489 and the known ones
Alice sends PUBLISH sip:alice@localhost
    Expires: 60

    {online}
Alice receives 489
    Allow-Events: *presence*
Alice sends PUBLISH sip:alice@localhost
    Event: foo

    {online}
Alice receives 489
    Allow-Events: *presence*

# RFC 3903 6: 412 comes before 423
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 10
    SIP-If-Match: {tag}
Alice receives 423
    Min-Expires: 60
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 10
    SIP-If-Match: unknown
Alice receives 412
    no Min-Expires

# RFC 3903 6: unlike a subscription, an hour may be too brief
config publish.min_expires = 7000
config publish.default_expires = 7100
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 3600

    {online}
Alice receives 423
    Min-Expires: 7000

# RFC 3903 6: a longer expiry is reduced
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 99999

    {online}
Alice receives 200
    Expires: 7200

# RFC 3903 4.1: what is refreshed exactly when its time is over stays
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 600

    {online}
Alice receives 200
    SIP-ETag: {tag}
Bob receives NOTIFY
after 600 s
after 4 s
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 600
    SIP-If-Match: {tag}
Alice receives 200
    Expires: 600
after 10 s
Bob receives nothing

# RFC 3903 6: what expires is removed, watchers are told, and its entity-tag is gone
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 600

    {online}
Alice receives 200
    SIP-ETag: {tag}
Bob receives NOTIFY
    body contains <basic>open</basic>
after 600 s
Bob receives nothing
within 6 s Bob receives NOTIFY
    body contains <basic>closed</basic>
    body lacks at the desk
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
Alice receives 412

# RFC 3903 4.3: two devices publish, the one that removes takes only its own tuples away
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Desk sends PUBLISH sip:alice@localhost
    From: <sip:alice@localhost>;tag=desk
    Event: presence

    {online}
Desk receives 200
    SIP-ETag: {desk}
Bob receives NOTIFY
Mobile sends PUBLISH sip:alice@localhost
    From: <sip:alice@localhost>;tag=mobile
    Event: presence

    {mobile}
Mobile receives 200
Bob receives NOTIFY
    body contains at the desk
    body contains on the road
Desk sends PUBLISH sip:alice@localhost
    From: <sip:alice@localhost>;tag=desk
    Event: presence
    SIP-If-Match: {desk}
    Expires: 0
Desk receives 200
Bob receives NOTIFY
    body lacks at the desk
    body contains on the road

# RFC 3903 10.4: the same document again is no news
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}

    {online}
Alice receives 200
Bob receives nothing

# RFC 3903 6: an initial PUBLISH with Expires 0 is granted and nothing is kept
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 0

    {online}
Alice receives 200
    SIP-ETag: {tag}
    Expires: 0
Bob receives nothing
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
Alice receives 412

# RFC 3903 6: a removal's body is not looked at
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
    Expires: 0
    Content-Type: text/plain

    bye
Alice receives 200
    Expires: 0

# RFC 3903 6: a PUBLISH in a dialog that is not there is refused with 481
Alice sends PUBLISH sip:alice@localhost
    To: <sip:alice@localhost>;tag=nowhere
    Event: presence

    {online}
Alice receives 481

# RFC 3903 4: every PUBLISH may have a Call-ID and CSeq 1 of its own: the entity-tag identifies it
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Call-ID: one
    CSeq: 1 PUBLISH

    {online}
Alice receives 200
    SIP-ETag: {first}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Call-ID: two
    CSeq: 1 PUBLISH
    SIP-If-Match: {first}

    {away}
Alice receives 200
    SIP-ETag: {second}
{first} is not {second}

# RFC 3903 6: a retransmission gets the same entity-tag and changes nothing
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Alice repeats
Alice receives 200
    SIP-ETag: {tag}
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
Alice receives 200

# RFC 3903 6: too many publications of one resource are refused with 403: no proxy takes that for the server
config publish.per_resource = 1
Desk sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Desk receives 200
Mobile sends PUBLISH sip:alice@localhost
    Event: presence

    {mobile}
Mobile receives 403
    no Retry-After

# RFC 3903 6: a publication that cannot be stored is refused with 503 and nothing changed
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives 200
    SIP-ETag: {tag}
Bob receives NOTIFY
the store is unavailable
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}

    {away}
Alice receives 503
    Retry-After: *
    no SIP-ETag
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
    Expires: 0
Alice receives 503
Bob receives nothing
the store works again
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
Alice receives 200

# RFC 3903 6: what may or may not have been stored is not answered
the store does not say
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    {online}
Alice receives nothing

# RFC 3903 6: an expiry the store cannot write happens later, once
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Expires: 60

    {online}
Alice receives 200
Bob receives NOTIFY
the store is unavailable
after 65 s
Bob receives nothing
after 10 s
the store works again
within 5 s Bob receives NOTIFY
    body lacks at the desk

# RFC 3903 6: PUBLISH to a domain that is not ours is refused
Alice sends PUBLISH sip:alice@example.net
    Event: presence

    {online}
Alice receives 404

# RFC 3863 4.1: what is shown after a removal is a fresh closed tuple without the old extensions
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence

    <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:p="http://www.linphone.org/xsds/pidfonline.xsd" entity="sip:alice@localhost">
    <tuple id="a"><status><basic>open</basic><p:online/></status></tuple></presence>
Alice receives 200
    SIP-ETag: {tag}
Bob receives NOTIFY
    body contains pidfonline.xsd
    body contains online/>
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    SIP-If-Match: {tag}
    Expires: 0
    no Content-Length
Alice receives 200
Bob receives NOTIFY
    body contains <basic>closed</basic>
    body lacks pidfonline
    body lacks online/>

# RFC 5621 4.2: a document within a multipart body is taken, what need not be understood passed over
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Content-Type: multipart/mixed;boundary="cut"

    --cut
    Content-Type: text/plain
    Content-Disposition: render;handling=optional

    for people
    --cut
    Content-Type: application/pidf+xml

    {online}
    --cut--
Alice receives 200
Bob receives NOTIFY
    body contains at the desk
    body lacks people

# RFC 5621 8.1: a part that must be understood and is not refuses the whole
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Content-Type: multipart/mixed;boundary=cut

    --cut
    Content-Type: application/x-unknown

    what is this
    --cut
    Content-Type: application/pidf+xml

    {online}
    --cut--
Alice receives 415
    Accept: application/pidf+xml

# RFC 2046 5.1.4: of alternatives the last one that is understood counts
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Content-Type: multipart/alternative;boundary=cut

    --cut
    Content-Type: application/pidf+xml

    {online}
    --cut
    Content-Type: application/pidf+xml

    {away}
    --cut
    Content-Type: application/x-unknown

    what is this
    --cut--
Alice receives 200
Bob receives NOTIFY
    body contains out for lunch

# RFC 3903 6: a multipart body that cannot be cut, or with another disposition, is refused
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Content-Type: multipart/mixed;boundary=cut

    --cut
    Content-Type: application/pidf+xml

    {online}
Alice receives 400
Alice sends PUBLISH sip:alice@localhost
    Event: presence
    Content-Disposition: icon

    {online}
Alice receives 415
