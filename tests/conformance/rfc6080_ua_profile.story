-- Profiles of devices, users and local networks (RFC 6080), inline and by reference (RFC 4483).
text device
    Event: ua-profile;profile-type=device;vendor="snom";model="snomD785";version="10.1"

# RFC 6080 6.5, 6.9: an enrolled device is sent its profile, and the new one after each change
an operator puts the device profile snom
    content_type: text/xml
    vendor: Snom

    <settings mac="{{device.mac}}" model="{{device.model}}"/>
Bob sends SUBSCRIBE sip:MAC%3a00041312AB34@localhost
    {device}
    Accept: text/xml
Bob receives 200
    Expires: 86400
Bob receives NOTIFY
    Event: ua-profile;profile-type=device;vendor="snom";model="snomD785";version="10.1"
    Subscription-State: active;expires=*
    Content-Type: text/xml
    body contains <settings mac="00041312ab34" model="snomD785"/>
an operator puts the device profile snom
    content_type: text/xml
    vendor: Snom
    effective_by: 60

    <settings second="{{device.mac}}"/>
Bob receives NOTIFY
    Event: ua-profile;profile-type=device;*;effective-by=60
    body contains <settings second="00041312ab34"/>
an operator puts the device profile other
    vendor: Yealink

    nothing of his
Bob receives nothing
Bob unsubscribes
Bob receives 200
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout

# RFC 6080 5.1.3: every device enrolled is told of a change in one NOTIFY, with a new Content-ID
config provisioning.url = "https://p.example.com"
an operator puts the device profile any
    content_type: application/x-bar

    first
Bob sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    {device}
    Accept: application/x-foo, message/external-body
Bob receives 200
Bob receives NOTIFY
    Content-Type: message/external-body; access-type="URL"; expiration="*GMT"; URL="https://p.example.com/p/*/any"; size=6; hash=*
    body contains Content-Type: application/x-bar
    body contains Content-ID: <v
Carol sends SUBSCRIBE sip:carol@localhost
    {device}
    Accept: message/external-body
Carol receives 200
Carol receives NOTIFY
    Content-Type: message/external-body;*size=6;*
an operator puts the device profile any
    content_type: application/x-bar

    second one
Bob receives NOTIFY
    Content-Type: message/external-body;*size=11;*
Carol receives NOTIFY
    Content-Type: message/external-body;*size=11;*

# RFC 6080 6.5: a device that takes neither the type nor a reference is refused with 406
an operator puts the device profile any
    content_type: application/x-bar

    first
Bob sends SUBSCRIBE sip:bob@localhost
    {device}
    Accept: application/x-foo
Bob receives 406
the server holds 0 subscriptions

# RFC 6080 6.6: a profile-type that nobody offers is refused with 404
Bob sends SUBSCRIBE sip:bob@localhost
    Event: ua-profile;profile-type=foo
Bob receives 404
Bob sends SUBSCRIBE sip:bob@localhost
    Event: ua-profile
Bob receives 400

# RFC 6080 6.2: {event} is enough
each event: ua-profile;profile-type="device" ua-profile;Profile-Type=DEVICE
an operator puts the device profile any

    for anybody
Bob sends SUBSCRIBE sip:bob@localhost
    Event: {event}
    Expires: 0
Bob receives 200
Bob receives NOTIFY
    Subscription-State: terminated;reason=timeout
    body contains for anybody

# RFC 6080 6.4: a fetch brings the profile in its only NOTIFY
an operator puts the user profile alice
    for: sip:alice@localhost

    user={{account.user}}
Alice sends SUBSCRIBE sip:alice@localhost
    Event: ua-profile;profile-type=user;vendor="v";model="m";version="1"
    Expires: 0
Alice receives 200
    Expires: 0
Alice receives NOTIFY
    Subscription-State: terminated;reason=timeout
    Content-Type: text/plain
    body contains user=alice
the server holds 0 subscriptions

# RFC 6080 5.1.4.1: the local network of a domain has a name of its own
an operator puts the local-network profile lan

    domain={{account.domain}};mac={{device.mac}};
Bob sends SUBSCRIBE sip:_sipuaconfig.localhost
    Event: ua-profile;profile-type=local-network;vendor="v";model="m";version="1"
Bob receives 200
Bob receives NOTIFY
    body contains domain=localhost;mac=;

# RFC 6080 6.3: a body of a SUBSCRIBE is passed over
an operator puts the device profile any

    here it is
Bob sends SUBSCRIBE sip:bob@localhost
    {device}
    Content-Type: text/plain

    something
Bob receives 200
Bob receives NOTIFY
    body contains here it is

# RFC 6080 6.8: where there is no profile the NOTIFY is empty, until there is one
Bob sends SUBSCRIBE sip:bob@localhost
    {device}
Bob receives 200
Bob receives NOTIFY
    Subscription-State: active;*
    Content-Length: 0
    no Content-Type
an operator puts the device profile any

    now there is one
Bob receives NOTIFY
    body contains now there is one
an operator removes the device profile any
Bob receives NOTIFY
    Content-Length: 0

# RFC 6080 5.2: a secret goes by no unprotected hop, not even where nothing else is accepted
an operator puts the device profile any
    secret: yes

    password=geheim
Bob sends SUBSCRIBE sip:bob@localhost
    {device}
    Accept: text/plain
Bob receives 200
Bob receives NOTIFY
    Content-Length: 0
    body lacks geheim

# RFC 6080 5.2: a secret is not referred to by http
config provisioning.url = "http://p.example.com"
an operator puts the device profile any
    secret: yes

    password=geheim
Bob sends SUBSCRIBE sip:bob@localhost
    {device}
    Accept: text/plain, message/external-body
Bob receives 200
Bob receives NOTIFY
    Content-Length: 0

# RFC 6080 5.2: a secret is referred to by https
config provisioning.url = "https://p.example.com"
an operator puts the device profile any
    secret: yes

    password=geheim
Bob sends SUBSCRIBE sip:bob@localhost
    {device}
    Accept: text/plain, message/external-body
Bob receives 200
Bob receives NOTIFY
    Content-Type: message/external-body;*URL="https://*
    body lacks geheim

# RFC 6080 5.1.4.2: nobody knows a device without a name, unless the operator wants it
an operator puts the device profile any
    public: yes

    for anybody
Bob sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    From: <sip:anonymous@localhost>;tag=1
    {device}
Bob receives 403

# RFC 6080 5.1.4.2: an unknown device gets what is public, where the operator wants it
config ua_profile.accept_unknown = true
an operator puts the device profile public
    public: yes

    for anybody
an operator puts the device profile more
    vendor: snom

    for who proves himself
Bob sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    From: <sip:anonymous@anonymous.invalid>;tag=1
    {device}
Bob receives 200
Bob receives NOTIFY
    body contains for anybody

# RFC 6080 5.1.4.2: a device that a profile names is known
an operator puts the device profile his
    for: 00:04:13:12:ab:34
    public: yes

    for this one
Bob sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    From: <sip:anonymous@localhost>;tag=1
    {device}
Bob receives 200
Bob receives NOTIFY
    body contains for this one

# RFC 4483 3.1: several documents are one multipart body for who takes it
config provisioning.url = "https://p.example.com"
an operator puts the device profile any
    content_type: application/x-bar
    file logo.txt: Hello

    first
Bob sends SUBSCRIBE sip:bob@localhost
    {device}
    Accept: message/external-body, multipart/mixed
Bob receives 200
Bob receives NOTIFY
    Content-Type: multipart/mixed;boundary="*"
    body contains URL="https://p.example.com/p/
    body contains /logo.txt"; size=5;
    body contains Content-Type: application/x-bar

# RFC 6080 6.7: the URL of a server that manages the device reaches it at once
an operator puts the device profile acs
    management_url: https://acs.example.com/one
Bob sends SUBSCRIBE sip:bob@localhost
    {device}
    Accept: application/url
Bob receives 200
Bob receives NOTIFY
    Content-Type: application/url
    body contains https://acs.example.com/one
an operator puts the device profile acs
    management_url: https://acs.example.com/two
Bob receives NOTIFY
    body contains https://acs.example.com/two

# RFC 6080 6.9: profiles and enrolments survive a crash
an operator puts the device profile snom
    vendor: Snom

    mac={{device.mac}}
Bob sends SUBSCRIBE sip:MAC%3a00041312AB34@localhost
    {device}
Bob receives 200
Bob receives NOTIFY
    body contains mac=00041312ab34
the server crashes
Bob receives NOTIFY
    body contains mac=00041312ab34
an operator puts the device profile snom
    vendor: Snom

    new={{device.mac}}
Bob receives NOTIFY
    body contains new=00041312ab34

# RFC 6080 6.2: a refresh without Accept keeps what was accepted
an operator puts the device profile any
    content_type: application/x-bar

    first
Bob sends SUBSCRIBE sip:bob@localhost
    {device}
    Accept: application/x-bar
Bob receives 200
Bob receives NOTIFY
    Content-Type: application/x-bar
Bob refreshes
Bob receives 200
Bob receives NOTIFY
    Content-Type: application/x-bar
Bob refreshes
    Accept: application/x-foo
Bob receives 406

# RFC 3903 6: profiles are put by operators, not published
Bob sends PUBLISH sip:bob@localhost
    Event: ua-profile
    Content-Type: text/plain

    x
Bob receives 489

# RFC 6080 3.2: a template that includes itself, or names nothing there is, is refused
an operator puts the device profile a

    x
an operator puts the device profile b

    {{include device/a}}
an operator may not put the device profile a

    {{include device/b}}
an operator may not put the device profile c

    {{device.colour}}
an operator may not put the device profile d

    {{include device/nothing}}
