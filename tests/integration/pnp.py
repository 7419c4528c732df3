# tests/integration/pnp.py: phones that ask 224.0.1.75 where their configuration is, on a network of their own.
import select
import socket
import time

from _herald import PATIENCE, Server, wait_until
from _message import Message, answer, build, token
from _network import Desk, enter_a_network_of_its_own
from _stories import expect, expect_equal, story, tell

GROUP = ("224.0.1.75", 5060)
SERVER, PHONE, OUTSIDE = "198.51.100.1", "198.51.100.2", "203.0.113.9"
MAC = "000413231b1c"


class Phone:
    """One that starts, at an address of the desk's."""

    def __init__(self, desk, address=PHONE, mac=MAC):
        self.mac, self.address = mac, address
        with desk:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((address, 0))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(PHONE))
        self.port = self.socket.getsockname()[1]
        self.call_id = token()

    def request(self, method="SUBSCRIBE", event=None, contact=None):
        uri = f"sip:MAC%3a{self.mac.upper()}@{GROUP[0]}"
        event = event or 'ua-profile;profile-type="device";vendor="snom";model="snomD785";version="10.1.64.14"'
        return build(f"{method} {uri} SIP/2.0", [
            ("Via", f"SIP/2.0/UDP {self.address}:{self.port};rport"), ("From", f"<{uri}>"), ("To", f"<{uri}>"),
            ("Call-ID", self.call_id), ("CSeq", f"1 {method}"), ("Event", event), ("Expires", "0"),
            ("Accept", "application/url"), ("User-Agent", "snomD785/10.1.64.14"),
            ("Contact", f"<sip:{contact or self.address}:{self.port}>")])

    def ask(self, octets=None, to=GROUP):
        self.socket.sendto(octets if octets is not None else self.request(), to)

    def hear(self, seconds=PATIENCE):
        """The next message, or None."""
        self.socket.settimeout(seconds)
        try:
            octets, source = self.socket.recvfrom(65536)
        except TimeoutError:
            return None
        message = Message(octets)
        if not message.is_response:
            self.socket.sendto(answer(message, 200, "OK", (), token(4)), source)
        return message

    def hear_of(self, what):
        """The next message, which belongs to the latest request: nothing else came before it."""
        message = self.hear()
        expect(message is not None and message.call_id == self.call_id, f"{what}: {message}")
        return message

    def ask_the_server(self):
        """An OPTIONS to its own address."""
        self.call_id = token()
        self.ask(self.request("OPTIONS").replace(f"@{GROUP[0]}".encode(), f"@{SERVER}".encode()), (SERVER, 5060))

    def has_heard(self):
        """Something, which was not read."""
        return bool(select.select([self.socket], [], [], 0)[0])


def lan_server(**provisioning):
    server = Server(sip={"listen": [f"udp:{SERVER}:5060", f"tcp:{SERVER}:5060"], "auth": "open", "domains": ["localhost"]},
                    provisioning={"pnp_interfaces": ["lan"], "pnp_url": "http://p.example.com/{mac}.cfg", **provisioning})
    return server


def count(server, outcome):
    return server.metric(f'herald_provisioning_pnp_total.*"{outcome}"')


@story
def a_phone_that_starts_is_told_where_its_configuration_is():
    """RFC 6080 6.2 by multicast: 200 to where the request came from, NOTIFY with one URL to its Contact."""
    with lan_server(pnp_any=True) as server:
        phone = Phone(DESK)
        phone.ask()
        accepted = phone.hear()
        expect(accepted is not None and accepted.status == 200, f"it is accepted: {accepted}")
        expect_equal(accepted.expires, 0, "Expires")
        expect(f"rport={phone.port}" in accepted.get("via") and f"received={PHONE}" in accepted.get("via"), "where it came from")
        notify = phone.hear()
        expect_equal(notify.body, b"http://p.example.com/000413231b1c.cfg", "the URL")
        expect_equal(notify.get("content-type"), "application/url", "its type")
        expect_equal(notify.get("subscription-state"), "terminated;reason=timeout", "it is over")
        expect_equal(notify.uri, f"sip:{PHONE}:{phone.port}", "sent to its Contact")
        wait_until(lambda: count(server, "told") == 1, "its answer is heard")
        phone.ask()
        told(phone)  # the next message is the answer to another request: a copy is met with silence
        server.stop()


def told(phone):
    """The URL a phone that asks is told."""
    phone.call_id = token()
    phone.ask()
    phone.hear_of("it is accepted")
    return phone.hear_of("it is told something").body.decode()


@story
def a_phone_is_told_the_link_of_the_profile_that_fits_it():
    """Made for this phone, fetched without a password; where a profile that is not public fits better, what asks for one."""
    with lan_server(pnp_any=True, listen=f"{SERVER}:8081", url=f"http://{SERVER}:8081") as server:
        def put(name, **members):
            answer = server.http("PUT", f"/v1/profiles/device/{name}", {
                "content_type": "text/plain", "body": "mac={{device.mac}} model={{device.model}}", **members})
            expect(answer.status in (200, 201, 204), f"the profile is put: {answer.body!r}")

        phone = Phone(DESK)
        put("all.cfg", public=True)
        url = told(phone)
        expect(url.startswith(f"http://{SERVER}:8081/p/") and url.endswith("/all.cfg"), f"its link: {url}")
        with DESK:
            fetched = socket.create_connection((SERVER, 8081), 20)
        path = url[len(f"http://{SERVER}:8081"):]
        fetched.sendall(f"GET {path} HTTP/1.1\r\nHost: {SERVER}\r\nConnection: close\r\n\r\n".encode())
        expect(fetched.makefile("rb").read().endswith(f"mac={MAC} model=snomD785".encode()), "what is behind it")
        fetched.close()
        put("his.cfg", vendor="snom", model="snomD785")
        expect_equal(told(phone), f"http://p.example.com/{MAC}.cfg", "the path that asks for a password")
        server.stop()


@story
def a_listener_on_all_addresses_is_no_obstacle():
    """... and it does not hear the group itself: an OPTIONS to it has no answer, one to the server has."""
    with lan_server(pnp_any=True) as server:
        server.stop()
        server.config["sip"]["listen"] = [f"udp:0.0.0.0:5060;advertise={SERVER}"]
        server.start()
        phone = Phone(DESK)
        phone.ask()
        expect(phone.hear() is not None and phone.hear() is not None, "200 and NOTIFY")
        for method, event in (("OPTIONS", None), ("REGISTER", None), ("SUBSCRIBE", "presence"), ("PUBLISH", "presence")):
            phone.call_id = token()
            phone.ask(phone.request(method, event))
        phone.ask(b"nonsense\r\n\r\n")
        phone.ask_the_server()
        phone.hear_of("nobody answers what is not for us, with a refusal neither")
        server.stop()


def remembers(server, mac):
    return mac in [row["mac"] for row in server.http("GET", "/v1/devices?remembered=true").json()["devices"]]


@story
def only_phones_that_are_known_are_answered():
    """Those that registered before, over a crash too, and those of a maker the operator named."""
    with lan_server(pnp_ouis=["00:15:65"]) as server:
        stranger, yealink, snom = Phone(DESK, mac="0c3839112233"), Phone(DESK, mac="001565abcdef"), Phone(DESK)
        for phone in (stranger, yealink, snom):
            phone.ask()
        expect(yealink.hear() is not None, "its maker is known")
        wait_until(lambda: count(server, "unknown") == 2, "the others are counted")
        for phone in (stranger, snom):
            phone.ask_the_server()
            phone.hear_of("the others are not answered")
        instance = f"urn:uuid:00000000-0000-1000-8000-{MAC}"
        register = build("REGISTER sip:localhost SIP/2.0", [
            ("Via", f"SIP/2.0/UDP {PHONE}:{snom.port};branch=z9hG4bK1;rport"), ("From", "<sip:a@localhost>;tag=1"),
            ("To", "<sip:a@localhost>"), ("Call-ID", "r"), ("CSeq", "1 REGISTER"), ("Max-Forwards", "70"),
            ("Contact", f'<sip:a@{PHONE}:{snom.port}>;+sip.instance="<{instance}>"')])
        snom.ask(register, (SERVER, 5060))
        expect_equal(snom.hear().status, 200, "it registers")
        wait_until(lambda: remembers(server, MAC), "it is remembered")
        wait_until(lambda: server.metric("^herald_provisioning_unsaved_devices") == 0, "that is written")
        server.kill()
        server.start()
        snom.call_id = token()
        snom.ask()
        expect(snom.hear() is not None, "it is known")
        server.stop()


@story
def nobody_outside_the_network_is_sent_anything():
    """A source that is not on the link, and a Contact that is somebody else's."""
    with lan_server(pnp_any=True) as server:
        elsewhere = Phone(DESK, OUTSIDE)
        elsewhere.ask()
        wait_until(lambda: count(server, "elsewhere") == 1, "it is counted")
        phone, victim = Phone(DESK), Phone(DESK)
        phone.ask(phone.request().replace(f":{phone.port}>".encode(), b":9>").replace(
            f"<sip:{PHONE}".encode(), b"<sip:198.51.100.77"))
        expect(phone.hear().status == 200 and phone.hear().method == "NOTIFY", "both go to who asked")
        expect(not victim.has_heard(), "and to nobody else")
        told(phone)
        expect(not elsewhere.has_heard(), "who is elsewhere is not answered")
        server.stop()


@story
def a_storm_is_answered_in_part():
    """provisioning.pnp_rate, and four at once from one machine."""
    with lan_server(pnp_any=True, pnp_rate=5) as server:
        phone = Phone(DESK)
        begun = time.monotonic()
        for _ in range(50):
            phone.call_id = token()
            phone.ask()
        wait_until(lambda: count(server, "limited") + count(server, "answered") == 50, "all are heard")
        most = 10 + 5 * (time.monotonic() - begun)
        expect(count(server, "answered") <= most, f"answered: {count(server, 'answered')} of {most:.1f}")
        server.stop()


@story
def an_interface_that_is_not_there_is_told():
    """In a sentence, at the start."""
    with lan_server(pnp_any=True) as server:
        server.stop()
        server.config["provisioning"]["pnp_interfaces"] = ["nowhere0"]
        server.launch()
        expect(server.process.wait(30) == 1, "it does not start")
        expect("there is no interface nowhere0" in server.log(), server.log_tail())
        server.config["provisioning"]["pnp_interfaces"] = []
        server.start()
        server.stop()


enter_a_network_of_its_own()
DESK = Desk(SERVER, [f"{PHONE}/24", f"{OUTSIDE}/32"])
tell()
