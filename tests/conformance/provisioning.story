-- NOTIFYs outside dialogs that tell registered devices to fetch their configuration.

# RFC 6665 8.2.1: {agent} is told to fetch its configuration in its vendor's words
each agent: snom720/8.7.5.35 Yealink*SIP-T42G PolycomVVX-VVX_410-UA/5.4.1
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
    User-Agent: {agent}
Alice receives 200
an operator starts the job check-sync for sip:alice@localhost
Alice receives NOTIFY
    To: <sip:alice@localhost>
    Event: check-sync*
    Subscription-State: terminated;reason=timeout
    Content-Length: 0
the job has 1 delivered

# RFC 3581 4: a phone behind a NAT is told on the flow it registered by
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@10.0.0.7:5062>
    User-Agent: snomD785/10.1.64.14
Alice receives 200
an operator starts the job reboot for snom*
Alice receives NOTIFY
    Event: check-sync;reboot=true
the job has 1 delivered

# RFC 6665 8.2.1: {agent} has an event for each action
each agent: Sipura/SPA2000-3.1.5 Linksys/SPA942-6.1.5(a) Cisco/SPA504G-7.4.9c OBIHAI/OBi202-3.0.1
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
    User-Agent: {agent}
Alice receives 200
an operator starts the job report for all
Alice receives NOTIFY
    Event: report
the job has 1 delivered
an operator starts the job resync for all
Alice receives NOTIFY
    Event: resync
an operator starts the job reboot for all
Alice receives NOTIFY
    Event: reboot_now
the job has 1 delivered

# RFC 6665 8.2.1: what the operator's recipe says comes before what is built in
config provisioning.recipes = ["restart: acme?*, Other* -> service-control text/plain action=restart"]
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
    User-Agent: Acme7 1.0
Alice receives 200
an operator starts the job restart for acme*
Alice receives NOTIFY
    Event: service-control
    Content-Type: text/plain
    body contains action=restart
the job has 1 delivered

# RFC 3261 22.2: a phone that challenges is answered once, with the next CSeq
config sip.notify_logins = ["admin:secret@phone"]
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
    CSeq: 1 NOTIFY
    no Authorization
Alice answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n1", qop="auth", algorithm=MD5
Alice receives NOTIFY
    CSeq: 2 NOTIFY
    Authorization: Digest *username="admin"*
the job has 1 delivered

# RFC 3261 22.2: credentials that a phone refuses are not tried again
config sip.notify_logins = ["admin:secret@phone"]
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n1", qop="auth", algorithm=MD5
Alice receives NOTIFY
Alice answers 401
    WWW-Authenticate: Digest realm="phone", nonce="n2", qop="auth", algorithm=MD5
Alice receives nothing
the job has 1 challenged

# RFC 3261 22.2: a realm that nobody gave credentials for is not answered
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice answers 401
    WWW-Authenticate: Digest realm="elsewhere", nonce="n1", qop="auth", algorithm=MD5
Alice receives nothing
the job has 1 challenged

# RFC 6665 4.2.2: a phone that refuses with {status} is not asked again
each status: 405 481 489 603
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice answers {status}
Alice receives nothing
the job has 1 refused

# RFC 3261 17.1.2.2: a phone that does not answer is tried twice, and again when it registers
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot1
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice answers nothing
after 31 s
the job has 1 sent
within 10 s Alice receives NOTIFY
Alice answers nothing
after 40 s
the job has 1 unreachable
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot2
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives NOTIFY
the job has 1 delivered

# RFC 5626 4.1: a phone that is not there is told when it registers, at the contact it has then
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>;+sip.instance="<urn:uuid:1>"
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice answers 480
the job has 1 unreachable
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice2@192.0.2.10:5060>;+sip.instance="<urn:uuid:1>"
Alice receives 200
within 1 s Alice receives NOTIFY
    request-uri sip:alice2@192.0.2.10:5060
the job has 1 delivered

# RFC 5626 4.2: flows of one phone are one device
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@192.0.2.10:5060>;reg-id=1;+sip.instance="<urn:uuid:1>"
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Supported: outbound, path
    Contact: <sip:alice@192.0.2.10:5060>;reg-id=2;+sip.instance="<urn:uuid:1>"
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice receives nothing
the job has 1 delivered

# RFC 6665 8.2.1: phones are told one after the other, at the rate that was asked
config provisioning.rate = 1
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Bob sends REGISTER sip:localhost
    To: <sip:bob@localhost>
    Contact: <sip:bob@192.0.2.11:5060>
Bob receives 200
an operator starts the job check-sync for all
the job has 1 waiting
Alice receives NOTIFY
within 2 s Bob receives NOTIFY
the job has 2 delivered

# RFC 6665 8.2.1: a job that is paused tells nobody until it is resumed, cancelled nobody at all
config provisioning.rate = 1
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5061>
Alice receives 200
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5062>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
an operator pauses the job
after 10 s
the job has 2 waiting
an operator resumes the job
Alice receives NOTIFY
an operator cancels the job
after 10 s
the job has 2 delivered
the job has 1 cancelled

# RFC 6665 8.2.1: after a crash a job goes on, and who has answered is told no more
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
the job has 1 delivered
the server crashes
the job has 1 delivered
after 60 s
Alice receives nothing

# RFC 6665 8.2.1: after a crash who was told and has not answered is told again
config provisioning.rate = 1
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice answers nothing
the job has 1 sent
the server crashes
after 5 s
Alice answers 200
the job has 1 delivered

# RFC 6665 8.2.1: after a restart who was unreachable is waited for
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice answers 480
the job has 1 unreachable
the server restarts
the job has 1 unreachable
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
Alice receives NOTIFY
the job has 1 delivered

# RFC 6665 8.2.1: more devices than are told without asking, and none at all, are refused whole
config provisioning.confirm_above = 1
an operator may not start the job check-sync for all
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
    Contact: <sip:alice@192.0.2.10:5061>
Alice receives 200
an operator may not start the job check-sync for all
an operator may not start the job check-sync for snom*
Alice receives nothing

# RFC 6665 8.2.1: a phone that starts again is seen to have done what it was told, a refresh is nothing
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot1
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10:5060>;+sip.instance="<urn:uuid:1>"
Alice receives 200
an operator starts the job reboot for all
Alice receives NOTIFY
the job has 1 delivered
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot1
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10:5060>;+sip.instance="<urn:uuid:1>"
Alice receives 200
the job has 0 effective
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Call-ID: boot2
    CSeq: 1 REGISTER
    Contact: <sip:alice@192.0.2.10:5060>;+sip.instance="<urn:uuid:1>"
Alice receives 200
the job has 1 effective
the server crashes
the job has 1 effective

# RFC 3261 17.2.2: what is sent again after a crash is a retransmission, which a phone does not act on
config provisioning.rate = 1
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice answers nothing
Alice received it 1 times
the server crashes
after 1 s
Alice received it 3 times
-- She looks closely at what comes twice (RFC 3261 8.2.2.2).
Alice answers 482
the job has 1 delivered

# RFC 3261 8.2.2.2: 482 to what was never sent before is a refusal
Alice sends REGISTER sip:localhost
    To: <sip:alice@localhost>
    Contact: <sip:alice@192.0.2.10:5060>
Alice receives 200
an operator starts the job check-sync for all
Alice receives NOTIFY
Alice answers 482
the job has 1 refused
