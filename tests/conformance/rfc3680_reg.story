-- The reg event package: RFC 3680, with GRUUs (RFC 5628).

# RFC 3680 4.7.1: a user without registration is told so
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
Alice receives 200
    Expires: 3761
Alice receives NOTIFY
    Content-Type: application/reginfo+xml
    body contains version="0" state="full"
    body contains <registration aor="sip:alice@localhost" id="
    body contains state="init"></registration>

# RFC 3680 4.7: registered, refreshed and expired are told as changes with rising versions
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
Alice receives 200
Alice receives NOTIFY
    body contains version="0" state="full"
after 10 s
Bob sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: "Desk" <sip:alice@192.0.2.7>;expires=600;+x.colour="blue"
Bob receives 200
Alice receives NOTIFY
    body contains version="1" state="partial"
    body contains state="active"><contact id="
    body contains state="active" event="registered"
    body contains callid="one" cseq="1"
    body contains <uri>sip:alice@192.0.2.7</uri><display-name>Desk</display-name>
    body contains <unknown-param name="+x.colour">blue</unknown-param>
after 10 s
Bob sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 2 REGISTER
    Contact: "Desk" <sip:alice@192.0.2.7>;expires=600;+x.colour="blue"
Bob receives 200
Alice receives NOTIFY
    body contains version="2" state="partial"
    body contains event="refreshed"
    body contains duration-registered="10" expires="600"
within 606 s Alice receives NOTIFY
    body contains version="3" state="partial"
    body contains state="terminated"><contact id="
    body contains state="terminated" event="expired"
Alice refreshes
Alice receives 200
Alice receives NOTIFY
    body contains version="4" state="full"
    body contains state="init"></registration>
    body lacks contact

# RFC 3680 4.10: changes within five seconds are told together
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
Alice receives 200
Alice receives NOTIFY
after 10 s
Bob sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.7>
Bob receives 200
Alice receives NOTIFY
    body contains version="1" state="partial"
Bob sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.8>
Bob receives 200
Bob sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.7>;expires=0
Bob receives 200
Alice receives nothing
within 5 s Alice receives NOTIFY
    body contains version="2" state="partial"
    body contains <uri>sip:alice@192.0.2.8</uri>
    body contains state="terminated" event="unregistered"

# RFC 3680 4.6: a stranger may not watch a registration
account sip:alice@localhost password secret
account sip:eve@localhost password secret
config sip.auth = "digest"
actor Eve is sip:eve@localhost
    password: secret
Eve sends SUBSCRIBE sip:alice@localhost
    Event: reg
Eve receives 401
Eve answers the challenge
Eve receives 403
actor Alice is sip:alice@localhost
    password: secret
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
Alice receives 401
Alice answers the challenge
Alice receives 200
Alice receives NOTIFY

# RFC 5628 5: GRUUs are shown to those who may register
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
Alice receives 200
Alice receives NOTIFY
after 10 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    CSeq: 4 REGISTER
    Contact: <sip:alice@192.0.2.7>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"
Alice receives 200
Alice receives NOTIFY
    body contains <gr:pub-gruu uri="sip:alice@localhost;gr=urn:uuid:00000000-0000-1000-8000-000a95a0e128"/>
    body contains first-cseq="4"/>

# RFC 8599 4.1: push credentials are not shown
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.7;pn-provider=acme;pn-prid=secret;transport=tcp>
Alice receives 200
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
Alice receives 200
Alice receives NOTIFY
    body contains <uri>sip:alice@192.0.2.7;transport=tcp</uri>
    body lacks secret

# RFC 3680 4.5: registrars elsewhere publish what they know
Pbx sends PUBLISH sip:alice@localhost
    Event: reg
    Content-Type: application/reginfo+xml

    <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
    <registration aor="sip:alice@localhost" id="a" state="active">
    <contact id="1" state="active" event="registered"><uri>sip:alice@198.51.100.4</uri></contact>
    <contact id="2" state="active" event="registered"><uri>sip:alice@198.51.100.5</uri></contact>
    </registration></reginfo>
Pbx receives 200
    SIP-ETag: {tag}
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
Alice receives 200
Alice receives NOTIFY
    body contains version="0" state="full"
    body contains <uri>sip:alice@198.51.100.4</uri>
    body contains <uri>sip:alice@198.51.100.5</uri>
after 10 s
Pbx sends PUBLISH sip:alice@localhost
    Event: reg
    SIP-If-Match: {tag}
    Content-Type: application/reginfo+xml

    <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="1" state="full">
    <registration aor="sip:alice@localhost" id="a" state="active">
    <contact id="2" state="active" event="refreshed"><uri>sip:alice@198.51.100.5</uri></contact>
    </registration></reginfo>
Pbx receives 200
Alice receives NOTIFY
    body contains version="1" state="partial"
    body contains state="terminated" event="unregistered"
    body contains <uri>sip:alice@198.51.100.4</uri>
    body contains state="active" event="refreshed"

# RFC 3680 5: a document that is no whole state is refused
Pbx sends PUBLISH sip:alice@localhost
    Event: reg
    Content-Type: application/reginfo+xml

    <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="partial"/>
Pbx receives 400
Pbx sends PUBLISH sip:alice@localhost
    Event: reg
    Content-Type: application/reginfo+xml

    <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
    <registration aor="sip:alice@localhost" id="a" state="active"><contact id="1" state="active"/></registration></reginfo>
Pbx receives 400

# RFC 3680 5.1: after a crash the version rises and the document is whole
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
    Expires: 3600
Alice receives 200
Alice receives NOTIFY
    body contains version="0" state="full"
after 10 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.7>
Alice receives 200
Alice receives NOTIFY
    body contains version="1" state="partial"
the server crashes
Alice receives NOTIFY
    body contains state="full"
    body lacks version="0"
    body lacks version="1"
    body contains <uri>sip:alice@192.0.2.7</uri>

# RFC 3680 5.1: the first document after a clean restart is whole
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
    Expires: 3600
Alice receives 200
Alice receives NOTIFY
    body contains version="0" state="full"
after 10 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.7>
Alice receives 200
Alice receives NOTIFY
    body contains version="1" state="partial"
after 10 s
the server restarts
Alice receives nothing
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.8>
Alice receives 200
Alice receives NOTIFY
    body contains state="full"
    body contains <uri>sip:alice@192.0.2.7</uri>
    body contains <uri>sip:alice@192.0.2.8</uri>

# RFC 3680 5: a registrar elsewhere may have its registrations set, beside those made here
Alice sends SUBSCRIBE sip:alice@localhost
    Event: reg
Alice receives 200
Alice receives NOTIFY
after 10 s
an operator sets reg of sip:alice@localhost
    <reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full"><registration aor="sip:alice@localhost" id="x" state="active"><contact id="c" state="active" event="created"><uri>sip:pbx@192.0.2.2</uri></contact></registration></reginfo>
Alice receives NOTIFY
    body contains version="1" state="partial"
    body contains <uri>sip:pbx@192.0.2.2</uri>
after 10 s
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: one
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.7>;expires=600
Alice receives 200
Alice receives NOTIFY
    body contains <uri>sip:alice@192.0.2.7</uri>
    body lacks pbx
after 10 s
an operator removes reg of sip:alice@localhost
Alice receives NOTIFY
    body contains <uri>sip:pbx@192.0.2.2</uri>
    body contains state="terminated"
    body lacks sip:alice@192.0.2.7
within 606 s Alice receives NOTIFY
    body contains event="expired"
