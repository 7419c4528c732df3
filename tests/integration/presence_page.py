# tests/integration/presence_page.py: examples/presence/ in a browser: it shows a team, and what changes while it is open.
import hashlib
from pathlib import Path

from _browser import Site, Window, browser
from _herald import Server, wait_until
from _sip import Client
from _stories import expect, story, tell

PAGE = Path(__file__).resolve().parents[2] / "examples/presence"
OPEN = (b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:bob@example.com">'
        b'<tuple id="a"><status><basic>open</basic></status></tuple></presence>')
# What the page shows, told to the test whenever it changes. Nothing else is added to it.
OBSERVER = b"""<script>
new MutationObserver(() => fetch("/shown", { method: "POST", body: document.body.innerText }))
  .observe(document.body, { childList: true, subtree: true, characterData: true });
</script>"""


class Team(Site):
    """The page of the example, with the observer in it."""

    def __init__(self):
        super().__init__({"/": (PAGE / "index.html").read_bytes() + OBSERVER})

    def expect_shown(self, line):
        shown = ""
        try:
            wait_until(lambda: self.said and line in self.said[-1].splitlines(), f"{line}")
        except AssertionError:
            shown = self.said[-1] if self.said else "nothing"
        expect(not shown, f"{line}, but {shown}")


def token_line(name, role, token, limit):
    return f"{name} {role} {hashlib.sha256(token.encode()).hexdigest()} {limit}"


@story
def the_page_shows_the_team_and_what_changes():
    browser()
    with Team() as site, Server(sip={"domains": ["example.com"]},
                                http={"cors_origins": [site.origin],
                                      "tokens": [token_line("page", "read", "secret-of-page", "example.com")]}) as server, \
            Client(server.address, user="bob", domain="example.com") as bob:
        said = server.http("PUT", "/v1/presence/alice@example.com",
                           {"status": "open", "activities": ["meeting"], "note": "back at 3"})
        expect(said.status == 201, f"PUT: {said.status}")
        with Window(f"{site.origin}/#api=http://127.0.0.1:{server.http_port}&token=secret-of-page"
                    "&team=alice@example.com,bob@example.com"):
            site.expect_shown("alice – open – meeting – back at 3")
            site.expect_shown("bob – closed")
            publication = bob.publish("sip:bob@example.com", OPEN)
            site.expect_shown("bob – open")
            publication.remove()
            site.expect_shown("bob – closed")
            # A server that starts again is found again, and what was said before is still there.
            server.kill()
            server.start()
            server.http("PUT", "/v1/presence/alice@example.com", {"status": "closed", "activities": ["vacation"]})
            site.expect_shown("alice – closed – vacation")
        server.stop()


tell()
