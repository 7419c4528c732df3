# tests/integration/presence_page.py: examples/presence/ in a browser: it shows a team, and what changes while it is open.
import hashlib
import http.server
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from _herald import PATIENCE, Server, wait_until
from _sip import Client
from _stories import expect, skip_all, story, tell

PAGE = Path(__file__).resolve().parents[2] / "examples/presence"
OPEN = (b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:bob@example.com">'
        b'<tuple id="a"><status><basic>open</basic></status></tuple></presence>')
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or skip_all("there is no Chromium")


# What the page shows, told to the test whenever it changes. Nothing else is added to it.
OBSERVER = b"""<script>
new MutationObserver(() => fetch("/shown", { method: "POST", body: document.body.innerText }))
  .observe(document.body, { childList: true, subtree: true, characterData: true });
</script>"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((PAGE / "index.html").read_bytes() + OBSERVER)

    def do_POST(self):
        self.server.shown = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Site:
    """Serves the page from an origin of its own, and hears what it shows."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.shown = ""
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()

    def expect_shown(self, line):
        wait_until(lambda: line in self.server.shown.splitlines(), f"{line}, but {self.server.shown}")


class Window:
    """A browser at a page, for as long as it is open."""

    def __init__(self, url):
        self.url = url

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="herald-browser-")
        command = [browser(), "--headless", "--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage",
                   f"--user-data-dir={self.profile}", "--remote-debugging-port=0", self.url]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "HOME": self.profile}, start_new_session=True)
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        shutil.rmtree(self.profile, ignore_errors=True)


def token_line(name, role, token, limit):
    return f"{name} {role} {hashlib.sha256(token.encode()).hexdigest()} {limit}"


@story
def the_page_shows_the_team_and_what_changes():
    browser()
    with Site() as site, Server(sip={"domains": ["example.com"]},
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
