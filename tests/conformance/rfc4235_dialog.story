-- Calls of one line each, as PBXs publish them.
text ringing
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@localhost">
    <dialog id="d1" call-id="c1@pbx" local-tag="l1" remote-tag="r1" direction="recipient">
    <state>early</state>
    <remote><identity display="Carol">sip:carol@localhost</identity><target uri="sip:carol@192.0.2.9"/></remote>
    </dialog></dialog-info>
text answered
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:alice@localhost">
    <dialog id="d1" call-id="c1@pbx" local-tag="l1" remote-tag="r1" direction="recipient">
    <state>confirmed</state></dialog></dialog-info>
text ended
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="2" state="full" entity="sip:alice@localhost">
    <dialog id="d1" call-id="c1@pbx" local-tag="l1" remote-tag="r1" direction="recipient">
    <state event="remote-bye">terminated</state></dialog></dialog-info>
text other_side
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:alice@localhost">
    <dialog id="x7" call-id="c1@pbx" local-tag="r1" remote-tag="l1" direction="initiator">
    <state>early</state></dialog></dialog-info>
text side_call
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@localhost">
    <dialog id="d3" call-id="c1@pbx" local-tag="l1" remote-tag="r9" direction="recipient">
    <state>early</state></dialog></dialog-info>
text with_session
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@localhost">
    <dialog id="d1" call-id="c1@pbx" local-tag="l1" remote-tag="r1" direction="recipient"><state>confirmed</state>
    <local><identity>sip:alice@localhost</identity><session-description type="application/sdp">v=0</session-description></local>
    <remote><identity>sip:bob@localhost</identity><target uri="sip:bob@192.0.2.10:5060"/></remote></dialog></dialog-info>
text second_call
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@localhost">
    <dialog id="d2" call-id="c2@pbx" local-tag="l2" remote-tag="r2" direction="recipient">
    <state>early</state></dialog></dialog-info>
text extension_busy
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="4" state="full" entity="sip:alice@localhost">
    <dialog id="alice"><state>confirmed</state></dialog></dialog-info>
text extension_idle
    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="5" state="full" entity="sip:alice@localhost">
    <dialog id="alice"><state>terminated</state></dialog></dialog-info>

# RFC 4235 3.7.2: who has no call is shown with one that is over, for phones that need one
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
    Accept: application/dialog-info+xml
Bob receives 200
    Expires: 3600
Bob receives NOTIFY
    Event: dialog
    Content-Type: application/dialog-info+xml
    body contains <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@localhost"><dialog id="0" direction="recipient"><state>terminated</state></dialog></dialog-info>

# RFC 4235 3.7.2: ... or with none, where the operator says so
config dialog.dummy = false
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains version="0" state="full" entity="sip:alice@localhost"/>
    body lacks terminated

# RFC 4235 4.1: a call through its states, each document whole and one number later; its end is told once
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains version="0" state="full"
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {ringing}
Pbx receives 200
    SIP-ETag: {first}
Bob receives NOTIFY
    body contains version="1" state="full"
    body contains <dialog id="d1" call-id="c1@pbx" local-tag="l1" remote-tag="r1" direction="recipient"><state>early</state>
    body contains <remote><identity display="Carol">sip:carol@localhost</identity><target uri="sip:carol@192.0.2.9"/></remote>
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}

    {answered}
Pbx receives 200
    SIP-ETag: {second}
Bob receives NOTIFY
    body contains version="2" state="full"
    body contains <state>confirmed</state>
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {second}

    {ended}
Pbx receives 200
    SIP-ETag: {third}
Bob receives NOTIFY
    body contains version="3" state="full"
    body contains <state event="remote-bye">terminated</state>
after 1 s
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body contains version="4" state="full"
    body contains <dialog id="0" direction="recipient"><state>terminated</state></dialog>
    body lacks c1@pbx

# RFC 4235 3.4: a publication that comes twice, or late, lights no lamp of a call that is over
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {ringing}
Pbx receives 200
    SIP-ETag: {first}
Bob receives NOTIFY
    body contains <state>early</state>
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}

    {ended}
Pbx receives 200
    SIP-ETag: {second}
Bob receives NOTIFY
    body contains terminated
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {ringing}
Pbx receives 200
Bob receives nothing
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Bob receives nothing
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body lacks early
    body lacks confirmed

# RFC 3903 4.5: a publication that is removed ends its calls, and what comes late lights none of them
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
    SIP-ETag: {first}
Bob receives NOTIFY
    body contains confirmed
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}
    Expires: 0
Pbx receives 200
Bob receives NOTIFY
    body contains <dialog id="d1" call-id="c1@pbx" local-tag="l1" remote-tag="r1" direction="recipient"><state>terminated</state></dialog>
after 20 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {ringing}
Pbx receives 200
Bob receives nothing
after 400 s
Bob receives nothing

# RFC 3903 4.5: ... nor after a crash, nor when nobody remembers the call any more
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
    SIP-ETag: {first}
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}
    Expires: 0
Pbx receives 200
the server crashes
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 3600

    {ringing}
Pbx receives 200
after 1000 s
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body lacks early

# RFC 4235 3.4: a source that missed the end of a call, and goes on refreshing, lights no lamp
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
    Expires: 7200
Bob receives 200
Bob receives NOTIFY
after 1 s
Proxy sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 400

    {answered}
Proxy receives 200
    SIP-ETag: {proxy}
Bob receives NOTIFY
    body contains confirmed
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 400

    {other_side}
Pbx receives 200
    SIP-ETag: {pbx}
Bob receives nothing
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {pbx}
    Expires: 0
Pbx receives 200
Bob receives NOTIFY
    body contains terminated
    body lacks confirmed
after 300 s
Proxy sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {proxy}
    Expires: 400
Proxy receives 200
    SIP-ETag: {proxy2}
after 300 s
Bob receives nothing
Proxy sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {proxy2}
    Expires: 400
Proxy receives 200
    SIP-ETag: {proxy3}
after 350 s
Bob receives nothing
Proxy sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {proxy3}
    Expires: 400

    {answered}
Proxy receives 200
Bob receives nothing
after 300 s
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body lacks confirmed

# RFC 4235 3.4: ... nor after crashes, nor when its publication has run out and it publishes anew
Proxy sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 3600

    {answered}
Proxy receives 200
    SIP-ETag: {proxy}
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 60

    {answered}
Pbx receives 200
    SIP-ETag: {pbx}
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {pbx}
    Expires: 60

    {ended}
Pbx receives 200
after 3000 s
Proxy sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {proxy}
    Expires: 3600
Proxy receives 200
    SIP-ETag: {proxy2}
after 1000 s
the server crashes
after 2000 s
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body lacks confirmed
Proxy sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {proxy2}
    Expires: 60
Proxy receives 200
after 5 s
the server crashes
after 100 s
Proxy sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 3600

    {answered}
Proxy receives 200
Bob receives nothing
after 1000 s
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body lacks confirmed

# RFC 3903 4.5: a removal that is repeated after a crash is answered as before
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
    SIP-ETag: {first}
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}
    Expires: 0
the server crashes before it answers
Pbx repeats
Pbx receives 200
    the answer that was lost
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}
    Expires: 60
Pbx receives 412

# RFC 3903 6: a publication that runs out ends its calls at once
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 60

    {answered}
Pbx receives 200
Bob receives NOTIFY
    body contains confirmed
after 60 s
Bob receives nothing
within 10 s Bob receives NOTIFY
    body contains <state event="timeout">terminated</state>
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Bob receives NOTIFY
    body contains <state>confirmed</state>

# RFC 4235 3.4: both sides of a call, from two sources, are one dialog, as far as it has come
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Bob receives NOTIFY
    body contains confirmed
after 1 s
Proxy sends PUBLISH sip:alice@localhost
    Event: dialog

    {other_side}
Proxy receives 200
Bob receives nothing
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body contains id="d1"
    body contains confirmed
    body lacks x7
    body lacks early

# RFC 4235 3.7.2: of several calls the operator has shown: ringing before answered
config dialog.calls = "single"
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {second_call}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains early
    body lacks confirmed

# RFC 4235 3.7.2: of several calls the operator has shown: answered before ringing
config dialog.calls = "confirmed_first"
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {second_call}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains confirmed
    body lacks early

# RFC 4235 3.7.2: of several calls the operator has shown: all of them
config dialog.calls = "all"
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {second_call}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains early
    body contains confirmed

# RFC 4235 3.3: a partial document adds to what its source said, and leaves the rest as it was
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
    SIP-ETag: {first}
Bob receives NOTIFY
    body contains c1@pbx
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}

    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="7" state="partial" entity="sip:alice@localhost">
    <dialog id="d9" call-id="c9@pbx" direction="initiator"><state>trying</state></dialog></dialog-info>
Pbx receives 200
Bob receives NOTIFY
    body contains state="full"
    body contains c1@pbx
    body contains confirmed
    body contains c9@pbx
    body contains trying
after 5 s
the server crashes
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body contains c1@pbx
    body contains c9@pbx

# RFC 4235 3.3: a whole document that names a call no more has ended it
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
    SIP-ETag: {first}
Bob receives NOTIFY
    body contains c1@pbx
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}

    {second_call}
Pbx receives 200
Bob receives NOTIFY
    body contains <dialog id="d2"
    body contains call-id="c1@pbx" local-tag="l1" remote-tag="r1" direction="recipient"><state event="timeout">terminated</state>

# RFC 4235 3.2: whoever names a call is told of that one only, for two hours, in both senses of its tags
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
    SIP-ETag: {first}
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog;call-id="c1@pbx";to-tag=l1;from-tag=r1
Bob receives 200
    Expires: 7200
Bob receives NOTIFY
    Event: dialog;call-id="c1@pbx";to-tag=l1;from-tag=r1
    body contains version="0" state="full"
    body contains <dialog id="d1" call-id="c1@pbx"
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {second_call}
Pbx receives 200
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {side_call}
Pbx receives 200
    SIP-ETag: {side}
Bob receives nothing
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {side}
    Expires: 0
Pbx receives 200
Bob receives nothing
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}

    {ended}
Pbx receives 200
Bob receives NOTIFY
    body contains version="1" state="full"
    body contains <state event="remote-bye">terminated</state>
    body lacks d2

# RFC 4235 3.2: a Call-ID alone names all dialogs that came of one INVITE; a crash changes nothing of that
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {side_call}
Pbx receives 200
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {second_call}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog;call-id="c1@pbx"
Bob receives 200
Bob receives NOTIFY
    body contains id="d1"
    body contains id="d3"
    body lacks d2
after 5 s
the server crashes
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body contains id="d1"
    body contains id="d3"
    body lacks d2

# RFC 4235 3.2: a phone may watch one call beside all of them
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Call-ID: all@phone
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    Event: dialog
after 1 s
Bob sends SUBSCRIBE sip:alice@localhost
    Call-ID: one@phone
    Event: dialog;call-id="c2@pbx"
Bob receives 200
Bob receives NOTIFY
    Call-ID: one@phone
    body lacks d1
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {side_call}
Pbx receives 200
Bob receives NOTIFY
    Call-ID: all@phone
    body contains id="d3"
Bob receives nothing

# RFC 4235 3.2: a tag says nothing without a Call-ID
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog;to-tag=l1
Bob receives 400

# RFC 4235 3.2: session descriptions are for who asks for them
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {with_session}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
    Expires: 0
Bob receives 200
Bob receives NOTIFY
    body contains c1@pbx
    body lacks session-description
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog;include-session-description
    Expires: 0
Bob receives 200
Bob receives NOTIFY
    body contains <session-description type="application/sdp">v=0</session-description>

# RFC 4235 3.3: a phone is told of its own calls, for its lamp to show them, unless the operator does not want it
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {with_session}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
    Contact: <sip:bob@192.0.2.10:5060>
Bob receives 200
Bob receives NOTIFY
    body contains c1@pbx

# RFC 4235 3.3: ... who then is not
config dialog.own_calls = false
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {with_session}
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
    Contact: <sip:bob@192.0.2.10:5060>
Bob receives 200
Bob receives NOTIFY
    body lacks c1@pbx
Alice sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Alice receives 200
Alice receives NOTIFY
    body contains c1@pbx

# RFC 4235 3.3: an account may want to be told what changed; a SUBSCRIBE and a crash are followed by everything
account sip:bob@localhost password secret
    partial dialogs: yes
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
    SIP-ETag: {first}
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains version="0" state="full"
    body contains id="d1"
after 10 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {second_call}
Pbx receives 200
    SIP-ETag: {second}
Bob receives NOTIFY
    body contains version="1" state="partial"
    body contains <dialog id="d2"
    body lacks d1
after 10 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {first}

    {ended}
Pbx receives 200
Bob receives NOTIFY
    body contains version="2" state="partial"
    body contains <dialog id="d1"
    body contains <state event="remote-bye">terminated</state>
    body lacks d2
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    body contains version="3" state="full"
    body contains <dialog id="d2"
    body lacks d1
after 10 s
the server crashes
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {second}
    Expires: 0
Pbx receives 200
Bob receives NOTIFY
    body contains state="full"
    body contains <dialog id="d2"
    body contains terminated

# RFC 4235 4.3: what may not have come is not built upon: everything is told again
account sip:bob@localhost password secret
    partial dialogs: yes
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains version="0" state="full"
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {answered}
Pbx receives 200
Bob receives NOTIFY
    body contains version="1" state="partial"
Bob answers 503
    Retry-After: 5
within 60 s Bob receives NOTIFY
    body contains version="2" state="full"
    body contains id="d1"

# RFC 4235 4.1: what known PBXs write is read: notify-state, no namespace, capitals, no id
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Content-Type: application/dialog-info+xml;charset=utf-8

    <dialog-info notify-state="full"><dialog call-id="c5@pbx"><state>Confirmed</state></dialog></dialog-info>
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains <dialog id="c5@pbx" call-id="c5@pbx"><state>confirmed</state></dialog>

# RFC 4235 4: a document that is none is refused
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info"><dialog id="1"><state>lost</state></dialog></dialog-info>
Pbx receives 400
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost"/>
Pbx receives 400
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Content-Type: text/plain

    busy
Pbx receives 415

# RFC 4235 3.10: a burst of changes ends with the last of them, no faster than the rate
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {ringing}
Pbx receives 200
    SIP-ETag: {a}
Bob receives NOTIFY
    body contains early
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {a}

    {answered}
Pbx receives 200
    SIP-ETag: {b}
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {b}

    {ringing}
Pbx receives 200
    SIP-ETag: {c}
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {c}

    {answered}
Pbx receives 200
    SIP-ETag: {d}
Bob receives nothing
after 100 ms
Bob receives NOTIFY
    body contains confirmed
after 1 s
Bob receives nothing

# RFC 4235 4: what is not known of a dialog is passed on
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" xmlns:sa="urn:ietf:params:xml:ns:sa-dialog-info" version="0" state="full" entity="sip:alice@localhost">
    <dialog id="1"><sa:appearance>2</sa:appearance><state>confirmed</state>
    <local><target uri="sip:alice@192.0.2.7"><param pname="+sip.rendering" pval="no"/></target></local></dialog></dialog-info>
Pbx receives 200
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
    body contains <state>confirmed</state><local><target uri="sip:alice@192.0.2.7"><param pname="+sip.rendering" pval="no"/></target></local>
    body contains <sa:appearance xmlns:sa="urn:ietf:params:xml:ns:sa-dialog-info">2</sa:appearance>

# RFC 4235 3.4: a call that was not answered goes when its source is silent, an answered one later
config dialog.max_early_age = 120
config dialog.max_age = 600
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 3600

    {second_call}
Pbx receives 200
Bob receives NOTIFY
    body contains early
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 3600

    {answered}
Pbx receives 200
Bob receives NOTIFY
    body contains confirmed
after 116 s
Bob receives nothing
within 10 s Bob receives NOTIFY
    body contains confirmed
    body contains <state event="timeout">terminated</state>
within 610 s Bob receives NOTIFY
    body lacks confirmed

# RFC 4235 3.4: an extension that a PBX tells of by its name is used again for the next call
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog

    {extension_busy}
Pbx receives 200
    SIP-ETag: {a}
Bob receives NOTIFY
    body contains <dialog id="alice"><state>confirmed</state></dialog>
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {a}

    {extension_idle}
Pbx receives 200
    SIP-ETag: {b}
Bob receives NOTIFY
    body contains <dialog id="alice"><state>terminated</state></dialog>
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    SIP-If-Match: {b}

    {extension_busy}
Pbx receives 200
    SIP-ETag: {c}
Bob receives NOTIFY
    body contains <dialog id="alice"><state>confirmed</state></dialog>

# RFC 4235 3.4: a PBX that was killed publishes anew beside what it said before: its last word counts
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 600

    {extension_busy}
Pbx receives 200
Bob receives NOTIFY
    body contains confirmed
after 1 s
Pbx sends PUBLISH sip:alice@localhost
    Event: dialog
    Expires: 3600

    {extension_idle}
Pbx receives 200
Bob receives NOTIFY
    body contains terminated
after 700 s
Bob receives nothing

# RFC 4235 3.2: dialog;sla is another state, and passed on as it was published
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
Alice sends SUBSCRIBE sip:alice@localhost
    Event: dialog;sla
Alice receives 200
Alice receives NOTIFY
    Event: dialog;sla
    body contains entity="sip:alice@localhost"/>
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Event: dialog;sla

    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="41" state="full" entity="sip:alice@localhost"><dialog id="7" appearance="1"><state>trying</state></dialog></dialog-info>
Alice receives 200
Alice receives NOTIFY
    body contains version="41" state="full"
    body contains <dialog id="7" appearance="1"><state>trying</state></dialog>
Bob receives nothing

# RFC 4235 3.2: dialog;ma is another state, and passed on as it was published
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
Alice sends SUBSCRIBE sip:alice@localhost
    Event: dialog;ma
Alice receives 200
Alice receives NOTIFY
    Event: dialog;ma
    body contains entity="sip:alice@localhost"/>
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Event: dialog;ma

    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="41" state="full" entity="sip:alice@localhost"><dialog id="7" appearance="1"><state>trying</state></dialog></dialog-info>
Alice receives 200
Alice receives NOTIFY
    body contains version="41" state="full"
    body contains <dialog id="7" appearance="1"><state>trying</state></dialog>
Bob receives nothing

# RFC 4235 3.2: dialog;shared is another state, and passed on as it was published
Bob sends SUBSCRIBE sip:alice@localhost
    Event: dialog
Bob receives 200
Bob receives NOTIFY
Alice sends SUBSCRIBE sip:alice@localhost
    Event: dialog;shared
Alice receives 200
Alice receives NOTIFY
    Event: dialog;shared
    body contains entity="sip:alice@localhost"/>
after 1 s
Alice sends PUBLISH sip:alice@localhost
    Event: dialog;shared

    <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="41" state="full" entity="sip:alice@localhost"><dialog id="7" appearance="1"><state>trying</state></dialog></dialog-info>
Alice receives 200
Alice receives NOTIFY
    body contains version="41" state="full"
    body contains <dialog id="7" appearance="1"><state>trying</state></dialog>
Bob receives nothing

# RFC 6665 7.2.1: packages of phones that nobody configured are refused with those that are there
Bob sends SUBSCRIBE sip:alice@localhost
    Event: line-seize
Bob receives 489
    Allow-Events: *
Bob sends SUBSCRIBE sip:alice@localhost
    Event: call-info
Bob receives 489
Bob sends PUBLISH sip:alice@localhost
    Event: as-feature-event
    Content-Type: application/x-as-feature-event+xml

    <SetDoNotDisturb/>
Bob receives 489
