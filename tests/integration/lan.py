# tests/integration/lan.py: docs/lan.md as its reader goes through it, with all the 300 phones: from nothing to a lit lamp, in a network of
# their own, and how long that took.
import contextlib
import re
import time
import tomllib
from pathlib import Path

from _command import OK, Finished
from _herald import Server
from _network import Desk, enter_a_network_of_its_own, ip
from _sip import Client, Subscription
from _stories import expect, expect_equal, story, tell

PAGE = (Path(__file__).resolve().parents[2] / "docs/lan.md").read_text(encoding="utf-8")
HERE = "192.0.2.10"  # the machine of the page
PHONES = range(101, 401)


def address_of(number):
    return f"10.1.{number // 200}.{number % 200 + 1}"


class Clock:
    """Tells what each step took."""

    def __init__(self):
        self.begun = self.last = time.monotonic()

    def step(self, what):
        now = time.monotonic()
        print(f"  {now - self.last:6.2f} s  {what}", flush=True)
        self.last = now

    def total(self):
        return time.monotonic() - self.begun


def configuration():
    """What the page has the reader write."""
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    return tomllib.loads(block)


def start(phone, subscription):
    """As a phone does: it registers, and subscribes to its lamp."""
    registered = phone.request("REGISTER", "sip:example.com", [("Contact", phone.contact), ("Expires", "3600")], to=phone.aor)
    expect_equal(registered.status, 200, f"REGISTER of {phone.user}")
    expect_equal(subscription.send_initial().status, 200, f"SUBSCRIBE of {phone.user}")
    phone.wait(lambda: subscription.notifies, f"the first NOTIFY to {phone.user}")


@story
def three_hundred_phones_have_lamps():
    """Accounts in bulk, registrations and subscriptions with passwords, the first lamp, then all of them."""
    expect("phones are 101 to 400" in PAGE and HERE in PAGE, "the page is about these phones and this machine")
    desk = Desk(HERE, [f"{address_of(number)}/8" for number in PHONES] + ["192.0.2.99/24"])
    ip("route", "add", "10.0.0.0/8", "dev", "lan")
    clock = Clock()
    with contextlib.ExitStack() as stack:
        server = Server(**configuration())
        checked = Finished(None, "config", "--check", server.write_config())
        expect(checked.code == OK and "good." in checked.out, checked.out + checked.err)
        stack.enter_context(server)
        clock.step("the configuration is checked, Herald is ready")
        table = Path(server.directory) / "phones.csv"
        table.write_text("aor,password\n" + "".join(f"sip:{number}@example.com,password-of-{number}\n" for number in PHONES), encoding="utf-8")
        expect_equal(Finished(server, "account", "import", "csv", str(table), "--dry-run").expect_code(OK).out.strip(),
                     "would add 300, replace 0", "the dry run")
        expect_equal(Finished(server, "account", "import", "csv", str(table)).expect_code(OK).out.strip(), "added 300, replaced 0", "the import")
        clock.step("300 accounts are imported")
        with desk:
            phones = [stack.enter_context(Client((HERE, 5060), user=str(number), domain="example.com", address=address_of(number)))
                      for number in PHONES]
        lamps = []
        for phone in phones:
            phone.login = (phone.user, f"password-of-{phone.user}")
            lamps.append(Subscription(phone, phone.aor, "message-summary"))
            start(phone, lamps[-1])
            if phone is phones[0]:
                Finished(server, "mailbox", "sip:101@example.com", "--new", "1").expect_code(OK)
                lamps[0].wait_body("Messages-Waiting: yes")
                clock.step("phone 101 has registered, and its lamp is lit")
                print(f"  {clock.total():6.2f} s  from nothing to a lit lamp", flush=True)
        clock.step("300 phones have registered and subscribed")
        listed = Finished(server, "subscriptions").expect_code(OK).out.splitlines()
        expect_equal(sum("message-summary" in line and " active " in line for line in listed), 300, "phones in the list")
        expect_equal(server.http("GET", "/v1/registrations?limit=1").json()["total"], 300, "registrations")
        for number in PHONES:
            expect_equal(server.http("PUT", f"/v1/mailboxes/{number}@example.com", {"voice": {"new": 2, "old": 0}}).status, 204, "PUT")
        for lamp in lamps:
            lamp.wait_body("Voice-Message: 2/0")
        clock.step("300 lamps are lit")
        print(f"  {clock.total():6.2f} s  in all", flush=True)
        server.stop()


enter_a_network_of_its_own()
tell()
