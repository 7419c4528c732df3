-- The sample package of docs/adding-a-package.md, told to a server that was built with it.

# sample: a package of two lines is published and watched like any other
Bob sends SUBSCRIBE sip:alice@localhost
    Event: door
Bob receives 200
Bob receives NOTIFY
    Event: door
    Content-Type: text/vnd.example.door
    body contains closed
Alice sends PUBLISH sip:alice@localhost
    Event: door
    Content-Type: text/vnd.example.door

    open
Alice receives 200
Bob receives NOTIFY
    body contains open
Alice sends PUBLISH sip:alice@localhost
    Event: door
    Content-Type: text/vnd.example.door

    in between
Alice receives 400

# sample: what the operator set in the package's section is what it composes with
config door.unknown = "nobody knows"
Bob sends SUBSCRIBE sip:alice@localhost
    Event: door
Bob receives 200
Bob receives NOTIFY
    body contains nobody knows

# sample: state of the package survives a crash
Alice sends PUBLISH sip:alice@localhost
    Event: door
    Expires: 600
    Content-Type: text/vnd.example.door

    open
Alice receives 200
the server crashes
Bob sends SUBSCRIBE sip:alice@localhost
    Event: door
Bob receives 200
Bob receives NOTIFY
    body contains open

# sample: what the package's agent does after a time is told as any change is
config door.closes_after = 300
Bob sends SUBSCRIBE sip:alice@localhost
    Event: door
    Expires: 3600
Bob receives 200
Bob receives NOTIFY
Alice sends PUBLISH sip:alice@localhost
    Event: door
    Content-Type: text/vnd.example.door

    open
Alice receives 200
Bob receives NOTIFY
    body contains open
after 300 s
Bob receives NOTIFY
    body contains closed

# RFC 3857 4.7.1: the owner is told who watches, and when they no longer do
Alice sends SUBSCRIBE sip:alice@localhost
    Event: door.winfo
Alice receives 200
Alice receives NOTIFY
    Content-Type: text/vnd.example.watchers
    body lacks sip:bob@localhost
Bob sends SUBSCRIBE sip:alice@localhost
    Event: door
Bob receives 200
Bob receives NOTIFY
Alice receives NOTIFY
    body contains active subscribe sip:bob@localhost
Bob unsubscribes
Bob receives 200
Bob receives NOTIFY
    Subscription-State: terminated;*
Alice receives NOTIFY
    body lacks active subscribe sip:bob@localhost
after 60 s
Alice receives nothing

# RFC 3857 4.7.1: a watcher of another package, and one who fetches, is none of these
Alice sends SUBSCRIBE sip:alice@localhost
    Event: door.winfo
Alice receives 200
Alice receives NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    Event: presence
Bob receives 200
Bob receives NOTIFY
Carol sends SUBSCRIBE sip:alice@localhost
    Event: door
    Expires: 0
Carol receives 200
Carol receives NOTIFY
Alice receives nothing

# RFC 3857 4.7.1: who waits for the owner is pending
actor Dave is sip:dave@example.org
Alice sends SUBSCRIBE sip:alice@localhost
    Event: door.winfo
Alice receives 200
Alice receives NOTIFY
Dave sends SUBSCRIBE sip:alice@localhost
    Event: door
Dave receives 200
Dave receives NOTIFY
    Subscription-State: pending;*
Alice receives NOTIFY
    body contains pending subscribe sip:dave@example.org

# RFC 3857 4.7.1: after a crash the list is as it was, and nobody is told again who knows
Alice sends SUBSCRIBE sip:alice@localhost
    Event: door.winfo
Alice receives 200
Alice receives NOTIFY
Bob sends SUBSCRIBE sip:alice@localhost
    Event: door
Bob receives 200
Bob receives NOTIFY
Alice receives NOTIFY
    body contains active subscribe sip:bob@localhost
after 60 s
the server restarts
Alice receives nothing
Bob receives nothing
