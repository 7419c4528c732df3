# tests/hostile/reflection.py: who sends in another's name makes little noise at his door.
from _hostile import ACCOMPLICE, DOMAIN, STRANGER, datagrams, guarded, received

from _herald import Server
from _stories import expect, expect_equal, story, tell


def request(method, uri, via_more="", more="", sent_by="h"):
    """As short as it may be: what is added by an answer counts the more."""
    return (f"{method} {uri} SIP/2.0\r\nv: SIP/2.0/UDP {sent_by};branch=z9hG4bK{method}{len(via_more)};rport{via_more}\r\n"
            f"f: <sip:m@x>;tag=1\r\nt: <{uri}>\r\ni: {method}\r\nCSeq: 1 {method}\r\n{more}l: 0\r\n\r\n").encode()


@story
def no_answer_is_three_times_its_request():
    """By UDP, without an account, with and without passwords asked for."""
    for make in (guarded, lambda: Server(sip={"domains": [DOMAIN]})):
        with make() as server, datagrams() as sock:
            server.put_account(f"alice@{DOMAIN}", "a secret")
            uri, alice = f"sip:{DOMAIN}", f"sip:alice@{DOMAIN}"
            attacks = {
                "OPTIONS": request("OPTIONS", uri), "an unknown method": request("X", uri), "INVITE": request("INVITE", alice),
                "BYE": request("BYE", alice), "PUBLISH without Event": request("PUBLISH", alice),
                "an unknown event": request("SUBSCRIBE", alice, more="Event: x\r\n"),
                "PUBLISH": request("PUBLISH", alice, more="Event: presence\r\n"),
                "REGISTER": request("REGISTER", uri), "MESSAGE": request("MESSAGE", alice),
                "an extension": request("PUBLISH", alice, more="Event: presence\r\nRequire: x\r\n"),
                "a scheme": request("SUBSCRIBE", "x:y"),
            }
            for name, octets in attacks.items():
                sock.sendto(octets, server.address)
                came = sum(len(datagram) for datagram in received(sock))
                print(f"{name}: {len(octets)} -> {came} bytes")
                expect(came < 3 * len(octets), f"{name}: {len(octets)} bytes in, {came} out")
            server.stop()


@story
def a_stranger_chooses_no_address_by_maddr():
    """RFC 3261 18.2.2: the answer goes to who asked; a proxy of ours may say otherwise."""
    for trusted in ([], [STRANGER]):
        with guarded(sip={"trusted_peers": trusted}) as server, datagrams() as sock, datagrams(ACCOMPLICE) as victim:
            port = victim.getsockname()[1]
            sock.sendto(request("OPTIONS", f"sip:{DOMAIN}", f";maddr={ACCOMPLICE}", sent_by=f"{STRANGER}:{port}"), server.address)
            expect_equal(len(received(victim)), len(trusted), f"answers at the victim, trusted peers {trusted}")
            expect_equal(len(received(sock)), 1 - len(trusted), "answers at the sender")
            server.stop()


tell()
