-- Who may have which profile where passwords are asked for (RFC 6080 5.2, 9).
config sip.auth = "digest"
account sip:alice@localhost password secret
account sip:bob@localhost password secret
actor Alice is sip:alice@localhost
    password: secret
actor Bob is sip:bob@localhost
    password: secret
text device
    Event: ua-profile;profile-type=device;vendor="snom";model="snomD785";version="10.1"

# RFC 6080 5.2: enrolment is by digest, and brings the device's account into the profile
an operator puts the device profile any

    user={{account.user}} login={{account.username}}
Alice sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    {device}
Alice receives 401
Alice answers the challenge
Alice receives 200
Alice receives NOTIFY
    body contains user=alice login=alice
Alice refreshes
Alice receives 401
Alice answers the challenge
Alice receives 200
Alice receives NOTIFY

# RFC 6080 5.1.4.2: a device without a password is challenged, as nothing else is configured
an operator puts the device profile any
    public: yes

    for anybody
Alice sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    From: <sip:anonymous@localhost>;tag=1
    {device}
Alice receives 401

# RFC 6080 5.1.4.2: public profiles need no password where the operator wants it
config ua_profile.anonymous = true
config ua_profile.accept_unknown = true
an operator puts the device profile any
    public: yes

    for anybody
Alice sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    From: <sip:anonymous@localhost>;tag=1
    {device}
Alice receives 200
Alice receives NOTIFY
    body contains for anybody
Alice refreshes
Alice receives 200
Alice receives NOTIFY

# RFC 6080 5.1.4.2: whoever would get more with a password is asked for it
config ua_profile.anonymous = true
config ua_profile.accept_unknown = true
an operator puts the device profile any
    public: yes

    for anybody
an operator puts the device profile snom
    vendor: snom

    more
Alice sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    From: <sip:anonymous@localhost>;tag=1
    {device}
Alice receives 401
Alice answers the challenge
Alice receives 200
Alice receives NOTIFY
    body contains more

# RFC 6080 5.2: the profile of a user is for the user
an operator puts the user profile alice
    for: sip:alice@localhost

    for alice
Bob sends SUBSCRIBE sip:alice@localhost
    Event: ua-profile;profile-type=user;vendor="v";model="m";version="1"
Bob receives 401
Bob answers the challenge
Bob receives 403
Alice sends SUBSCRIBE sip:alice@localhost
    Event: ua-profile;profile-type=user;vendor="v";model="m";version="1"
Alice receives 401
Alice answers the challenge
Alice receives 200
Alice receives NOTIFY
    body contains for alice

# RFC 6080 5.2: a MAC address is a claim; a profile with an account is for that one only
an operator puts the device profile his
    for: 00041312ab34
    account: sip:alice@localhost

    password of alice
Bob sends SUBSCRIBE sip:MAC%3a00041312AB34@localhost
    {device}
Bob receives 401
Bob answers the challenge
Bob receives 200
Bob receives NOTIFY
    body lacks password of alice
Alice sends SUBSCRIBE sip:MAC%3a00041312AB34@localhost
    {device}
Alice receives 401
Alice answers the challenge
Alice receives 200
Alice receives NOTIFY
    body contains password of alice

# RFC 6080 5.1.4.2: in a network where phones are unpacked nobody has to be known, or to have a password
config ua_profile.bootstrap_networks = ["198.51.100.0/24", "192.0.2.10", "127.0.0.0/8"]
an operator puts the device profile any
    public: yes

    for anybody
Alice sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    From: <sip:anonymous@localhost>;tag=1
    {device}
Alice receives 200
Alice receives NOTIFY
    body contains for anybody

# RFC 6080 5.1.4.2: ... anywhere else they have to
config ua_profile.bootstrap_networks = ["198.51.100.0/24"]
an operator puts the device profile any
    public: yes

    for anybody
Alice sends SUBSCRIBE sip:urn%3auuid%3a00000000-0000-1000-8000-00041312ab34@localhost
    From: <sip:anonymous@localhost>;tag=1
    {device}
Alice receives 401
