-- What PBXs publish of calls, as it comes from them.
text kamailio_trying
    <?xml version="1.0"?>
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@localhost"><dialog id="a84b4c76e66710@pc33" call-id="a84b4c76e66710@pc33" local-tag="1928301774" direction="initiator"><state>Trying</state><remote><identity>sip:bob@localhost</identity><target uri="sip:bob@localhost"/></remote><local><identity>sip:alice@localhost</identity><target uri="sip:alice@192.0.2.7:5060"/></local></dialog></dialog-info>
text kamailio_early
    <?xml version="1.0"?>
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@localhost"><dialog id="a84b4c76e66710@pc33" call-id="a84b4c76e66710@pc33" local-tag="1928301774" remote-tag="a6c85cf" direction="initiator"><state>early</state><remote><identity>sip:bob@localhost</identity><target uri="sip:bob@localhost"/></remote><local><identity>sip:alice@localhost</identity><target uri="sip:alice@192.0.2.7:5060"/></local></dialog></dialog-info>
text kamailio_confirmed
    <?xml version="1.0"?>
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@localhost"><dialog id="a84b4c76e66710@pc33" call-id="a84b4c76e66710@pc33" local-tag="1928301774" remote-tag="a6c85cf" direction="initiator"><state>confirmed</state><remote><identity>sip:bob@localhost</identity><target uri="sip:bob@localhost"/></remote><local><identity>sip:alice@localhost</identity><target uri="sip:alice@192.0.2.7:5060"/></local></dialog></dialog-info>
text asterisk_idle
    <?xml version="1.0" encoding="UTF-8"?>
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@localhost"><dialog id="100"><state>terminated</state></dialog></dialog-info>
text asterisk_ringing
    <?xml version="1.0" encoding="UTF-8"?>
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="4" state="full" entity="sip:alice@localhost"><dialog id="100" direction="recipient"><state>early</state></dialog></dialog-info>
text asterisk_held
    <?xml version="1.0" encoding="UTF-8"?>
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="9" state="full" entity="sip:alice@localhost"><dialog id="100"><state>confirmed</state><local><target uri="sip:100@192.0.2.5:5060"><param pname="+sip.rendering" pvalue="no" /></target></local></dialog></dialog-info>

# RFC 4235 3: a call through Kamailio's pua_dialoginfo, each PUBLISH with a Call-ID of its own
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Call-ID: 6e1a2b3c-1@127.0.0.1
    CSeq: 10 PUBLISH
    Event: dialog
    Expires: 3601

    {kamailio_trying}
Alice receives 200
    SIP-ETag: {one}
Bob receives NOTIFY
    body contains <state>trying</state>
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Call-ID: 6e1a2b3c-2@127.0.0.1
    CSeq: 10 PUBLISH
    Event: dialog
    Expires: 3601
    SIP-If-Match: {one}

    {kamailio_early}
Alice receives 200
    SIP-ETag: {two}
Bob receives NOTIFY
    body contains <state>early</state>
    body lacks trying
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Call-ID: 6e1a2b3c-3@127.0.0.1
    CSeq: 10 PUBLISH
    Event: dialog
    Expires: 3601
    SIP-If-Match: {two}

    {kamailio_confirmed}
Alice receives 200
    SIP-ETag: {three}
Bob receives NOTIFY
    body contains <state>confirmed</state>
    body contains <remote><identity>sip:bob@localhost</identity>
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Call-ID: 6e1a2b3c-4@127.0.0.1
    CSeq: 10 PUBLISH
    Event: dialog
    Expires: 0
    SIP-If-Match: {three}
Alice receives 200
Bob receives NOTIFY
    body contains <state>terminated</state>
    body lacks confirmed

# RFC 4235 3: Kamailio's first PUBLISH of a call that comes after its last lights nothing
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Event: dialog

    {kamailio_confirmed}
Alice receives 200
    SIP-ETag: {one}
Bob receives NOTIFY
    body contains confirmed
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 0
    SIP-If-Match: {one}
Alice receives 200
Bob receives NOTIFY
    body contains terminated
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Event: dialog

    {kamailio_trying}
Alice receives 200
Bob receives nothing
after 1000 s
Bob receives nothing

# RFC 4235 3: an extension of Asterisk: idle, ringing, on hold, refreshed when it has run out, killed and started anew
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
    Expires: 7200
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 300

    {asterisk_idle}
Pbx receives 200
    SIP-ETag: {one}
Bob receives NOTIFY
    body contains <state>terminated</state>
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 300
    SIP-If-Match: {one}

    {asterisk_ringing}
Pbx receives 200
    SIP-ETag: {two}
Bob receives NOTIFY
    body contains <dialog id="100" direction="recipient"><state>early</state></dialog>
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 300
    SIP-If-Match: {two}

    {asterisk_held}
Pbx receives 200
    SIP-ETag: {three}
Bob receives NOTIFY
    body contains <state>confirmed</state>
    body contains <param pname="+sip.rendering" pvalue="no"/>
after 301 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 300
    SIP-If-Match: {three}
Pbx receives 200
Bob receives nothing
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 300

    {asterisk_idle}
Pbx receives 200
Bob receives NOTIFY
    body contains <state>terminated</state>
    body lacks confirmed
after 400 s
Bob receives nothing
