-- Disposition notifications of who keeps messages (RFC 5438 8.1, 8.2, 12.2).
actor Bob is sip:bob@localhost
actor Alice is sip:alice@localhost
text wants_failed
    From: Bob <im:bob@localhost>
    To: Alice <im:alice@localhost>
    NS: x <urn:ietf:params:imdn>
    x.Message-ID: 34jk324j
    DateTime: 2006-04-04T12:16:49-05:00
    x.Disposition-Notification: positive-delivery, negative-delivery

    Content-type: text/plain

    Hello
text wants_stored
    From: Bob <im:bob@localhost>
    To: Alice <im:alice@localhost>
    NS: imdn <urn:ietf:params:imdn>
    imdn.Message-ID: 77
    DateTime: 2006-04-04T12:16:49-05:00
    imdn.Disposition-Notification: processing

    Content-type: text/plain

    Hello
Bob sends REGISTER sip:localhost
    To: <sip:bob@localhost>
    Contact: <sip:bob@192.0.2.66:5070>
Bob receives 200

# RFC 5438 8.1: who accepted a message that is refused later says so, once
Bob sends MESSAGE sip:alice@localhost
    Content-Type: message/cpim

    {wants_failed}
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    body contains x.Disposition-Notification: positive-delivery, negative-delivery
Alice answers 415 No
Bob receives MESSAGE
    From: <sip:alice@localhost>;tag={tag}
    Content-Type: message/cpim
    body contains <message-id>34jk324j</message-id>
    body contains <datetime>2006-04-04T12:16:49-05:00</datetime>
    body contains <failed/>
    body contains Content-Disposition: notification
    body lacks Disposition-Notification
Bob receives nothing

# RFC 5438 8.1: what expires undelivered has failed
Bob sends MESSAGE sip:alice@localhost
    Content-Type: message/cpim
    Expires: 60

    {wants_failed}
Bob receives 202
within 70 s Bob receives MESSAGE
    body contains <failed/>

# RFC 5438 8.1: what came too late has failed
Bob sends MESSAGE sip:alice@localhost
    Content-Type: message/cpim
    Date: Sat, 13 Nov 2010 23:29:00 GMT
    Expires: 60

    {wants_failed}
Bob receives MESSAGE
    body contains <failed/>
Bob receives 202

# RFC 5438 12.2: a delivery is the device's to tell
Bob sends MESSAGE sip:alice@localhost
    Content-Type: message/cpim

    {wants_failed}
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
Bob receives nothing

# RFC 5438 8.2: who keeps a message says so where that is wanted
Bob sends MESSAGE sip:alice@localhost
    Content-Type: message/cpim

    {wants_stored}
Bob receives MESSAGE
    body contains <message-id>77</message-id>
    body contains <stored/>
Bob receives 202
Bob receives nothing

# RFC 5438 7.2.1: a notification is never answered with another
Bob sends MESSAGE sip:alice@localhost
    Content-Type: message/cpim

    From: Bob <im:bob@localhost>
    To: Alice <im:alice@localhost>
    NS: imdn <urn:ietf:params:imdn>
    imdn.Message-ID: 78
    imdn.Disposition-Notification: processing, negative-delivery

    Content-type: message/imdn+xml

    <imdn/>
Bob receives 202
Bob receives nothing

# RFC 5438 8: a notification that names us first goes to the next on its route, without our line
Alice sends MESSAGE sip:localhost
    Content-Type: message/cpim

    From: Alice <im:alice@localhost>
    To: Bob <im:bob@localhost>
    NS: x <urn:ietf:params:imdn>
    x.Message-ID: 79
    x.IMDN-Route: <sip:localhost>
    x.IMDN-Route: <im:bob@localhost>

    Content-type: message/imdn+xml

    <imdn>79</imdn>
Bob receives MESSAGE
    From: <sip:alice@localhost>;tag={tag}
    To: <sip:bob@localhost>
    Content-Type: message/cpim
    body contains x.Message-ID: 79
    body contains x.IMDN-Route: <im:bob@localhost>
    body contains <imdn>79</imdn>
    body lacks <sip:localhost>
Alice receives 200

# RFC 5438 8: behind the last route comes who the notification is for, and he may be away
Bob sends MESSAGE sip:localhost
    Content-Type: message/cpim

    From: Bob <im:bob@localhost>
    To: Alice <im:alice@localhost>
    NS: x <urn:ietf:params:imdn>
    x.Message-ID: 80
    x.IMDN-Route: <sip:localhost>

    Content-type: message/imdn+xml

    <imdn>80</imdn>
Bob receives 202
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.77:5070>
Alice receives 200
Alice receives MESSAGE
    body contains x.Message-ID: 80
    body lacks IMDN-Route
Bob receives nothing

# RFC 5438 8: a notification to a user keeps its recipient when its route ends here
Alice sends MESSAGE sip:bob@localhost
    Content-Type: message/cpim

    From: Alice <im:alice@localhost>
    To: Somebody <im:somebody@localhost>
    NS: x <urn:ietf:params:imdn>
    x.Message-ID: 81
    x.IMDN-Route: <sip:localhost>

    Content-type: message/imdn+xml

    <imdn>81</imdn>
Bob receives MESSAGE
    body contains x.Message-ID: 81
    body lacks IMDN-Route
Alice receives 200

# RFC 5438 8: routes are nobody's way to other domains
Alice sends MESSAGE sip:localhost
    Content-Type: message/cpim

    NS: x <urn:ietf:params:imdn>
    x.Message-ID: 82
    x.IMDN-Route: <sip:localhost>
    x.IMDN-Route: <sip:eve@example.net>

    Content-type: message/imdn+xml

    <imdn>82</imdn>
Alice receives 404

# RFC 5438 8: a message that is no notification is not routed
Alice sends MESSAGE sip:localhost
    Content-Type: message/cpim

    NS: x <urn:ietf:params:imdn>
    x.Message-ID: 83
    x.IMDN-Route: <sip:localhost>
    x.IMDN-Route: <sip:bob@localhost>

    Content-type: text/plain

    Hello
Alice receives 404

# RFC 5438 8: a device that refuses a notification is not there for it
Alice sends MESSAGE sip:localhost
    Content-Type: message/cpim

    NS: x <urn:ietf:params:imdn>
    x.Message-ID: 84
    x.IMDN-Route: <sip:localhost>
    x.IMDN-Route: <sip:bob@localhost>

    Content-type: message/imdn+xml

    <imdn>84</imdn>
Bob receives MESSAGE
Bob answers 415 No
Alice receives 480

# RFC 3428 8: of two notifications for one device the second waits for the answer to the first
Bob sends MESSAGE sip:alice@localhost
    Content-Type: message/cpim

    {wants_stored}
Bob receives MESSAGE
    Call-ID: {one}
    body contains <stored/>
Bob answers nothing
Bob receives 202
Bob sends MESSAGE sip:alice@localhost
    Content-Type: message/cpim

    {wants_stored}
Bob receives 202
Bob receives nothing
Bob answers 200
Bob receives MESSAGE
    Call-ID: {two}
    body contains <stored/>
{one} is not {two}
