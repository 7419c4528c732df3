-- Outbound (RFC 5626): an edge whose operator named the other server by its domain alone.
config sip.edge_for = ["192.0.2.31"]
actor Phone is sip:carol@192.0.2.31
    over: tcp
actor Home is sip:home@192.0.2.31
    host: 192.0.2.31
actor Victim is sip:victim@192.0.2.99
    host: 192.0.2.99

# RFC 3261 16.5: the domain an operator named leads there, whatever else a stranger's URI says
each uri: sip:192.0.2.31;maddr=192.0.2.99 sip:192.0.2.31:5099 sip:192.0.2.31;maddr=192.0.2.1 sip:dave@192.0.2.31;transport=tcp
Phone sends OPTIONS {uri}
Home receives OPTIONS
    request-uri {uri}
Phone receives 200
Victim receives nothing

# RFC 3261 16.5: ... and so do calls
each uri: sip:192.0.2.31;maddr=192.0.2.99 sip:192.0.2.31:5099
Phone sends INVITE {uri}
Home receives INVITE
    request-uri {uri}
Home answers 486 Busy Here
Phone receives 486
Victim receives nothing

# RFC 5626 5.3: up a flow it is the home again, without its Route
Phone sends REGISTER sip:192.0.2.31
    Supported: path
Home receives REGISTER
    Path: {path}
Home answers 200 OK
Phone receives 200
Phone sends MESSAGE sip:victim@192.0.2.99:5060
    Route: {path}, <sip:192.0.2.99:5060;lr>

    not there
Home receives MESSAGE
    Route: <sip:192.0.2.99:5060;lr>
Phone receives 200
Victim receives nothing
