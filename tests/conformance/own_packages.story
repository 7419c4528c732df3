-- Event packages that the operator makes up, without code.

# RFC 6665 7.2: a package of the configuration is published, watched and listed like any other
config package = [{name = "x-parking", content_types = ["text/plain"], watch = "same_domain", publish = "owner", empty = "free"}]
Bob sends OPTIONS sip:localhost
Bob receives 200
    Allow-Events: *x-parking*
Bob sends SUBSCRIBE sip:slot1@localhost
    Event: x-parking
Bob receives 200
Bob receives NOTIFY
    Event: x-parking
    Content-Type: text/plain
    body contains free
Carol sends PUBLISH sip:slot1@localhost
    Event: x-parking
    Content-Type: text/plain

    taken by Dave
Carol receives 200
Bob receives NOTIFY
    body contains taken by Dave
Carol sends PUBLISH sip:slot1@localhost
    Event: x-parking
    Content-Type: application/json

    {}
Carol receives 415

# RFC 6665 7.2: of lines the latest of each key counts, whoever published it
config package = [{name = "x-queue", content_types = ["text/plain"], composition = "keys", watch = "same_domain", publish = "owner"}]
Alice sends SUBSCRIBE sip:queue@localhost
    Event: x-queue
Alice receives 200
Alice receives NOTIFY
Carol sends PUBLISH sip:queue@localhost
    Event: x-queue
    Content-Type: text/plain

    Waiting: 3
    Agents: 2
Carol receives 200
Alice receives NOTIFY
    body contains Waiting: 3
after 1 s
Dave sends PUBLISH sip:queue@localhost
    Event: x-queue
    Content-Type: text/plain

    waiting: 4
Dave receives 200
Alice receives NOTIFY
    body contains waiting: 4
    body contains Agents: 2
    body lacks Waiting: 3

# RFC 6665 7.2: a package that is composed of nothing is told publication by publication
config package = [{name = "x-agents", content_types = ["text/plain"], composition = "none", watch = "same_domain", publish = "owner"}]
Carol sends PUBLISH sip:sales@localhost
    Event: x-agents
    Content-Type: text/plain

    carol is in
Carol receives 200
Dave sends PUBLISH sip:sales@localhost
    Event: x-agents
    Content-Type: text/plain

    dave is out
Dave receives 200
Alice sends SUBSCRIBE sip:sales@localhost
    Event: x-agents
Alice receives 200
Alice receives NOTIFY
    body contains carol is in
Alice receives NOTIFY
    body contains dave is out

# RFC 6665 7.2: what was published survives a crash, and a package that is configured no more is refused
config package = [{name = "x-night", content_types = ["text/plain"], watch = "same_domain", publish = "owner"}]
Carol sends PUBLISH sip:office@localhost
    Event: x-night
    Expires: 600
    Content-Type: text/plain

    night
Carol receives 200
the server crashes
Alice sends SUBSCRIBE sip:office@localhost
    Event: x-night
Alice receives 200
Alice receives NOTIFY
    body contains night
Alice sends SUBSCRIBE sip:office@localhost
    Event: x-day
Alice receives 489
