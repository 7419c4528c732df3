# tests/integration/browsers.py: SIP.js and JsSIP in a headless Chromium over secure WebSockets: watchers and publishers in pages.
import base64
import os
import shutil
import subprocess
import tempfile
import urllib.parse
from pathlib import Path

from _browser import Site, Window, browser
from _herald import free_port, wait_until
from _secured import Secured
from _sip import pidf
from _stories import expect, expect_equal, skip_all, story, tell
from _tls import run_openssl

SOURCES = Path(__file__).resolve().parent / "browser"
DOMAIN = "localhost"
ALICE, BOB = f"sip:alice@{DOMAIN}", f"sip:bob@{DOMAIN}"
SCRIPTS = ("sipjs", "jssip")
NPM_PATIENCE = 300


def bundles():
    """The scripts, each in one file with all it imports, from the packages that package-lock.json names."""
    npm = shutil.which("npm") or skip_all("there is no npm")
    with tempfile.TemporaryDirectory(prefix="herald-npm-") as folder:
        for file in SOURCES.iterdir():
            if file.is_file():
                shutil.copy(file, folder)
        fetched = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True,
                                 text=True, timeout=NPM_PATIENCE)
        if fetched.returncode != 0:
            skip_all(f"npm fetches nothing here: {fetched.stderr.strip().splitlines()[-1:]}")
        made = {}
        for name in SCRIPTS:
            done = subprocess.run([os.path.join(folder, "node_modules/.bin/esbuild"), f"{name}.js", "--bundle",
                                   "--format=iife", f"--outfile=out/{name}.js"], cwd=folder, capture_output=True, text=True)
            expect(done.returncode == 0, f"esbuild: {done.stderr}")
            made[f"/{name}.js"] = (Path(folder) / "out" / f"{name}.js").read_bytes()
            made[f"/{name}"] = f'<!doctype html><title>{name}</title><script src="/{name}.js"></script>'.encode()
        return made


class Pages(Site):
    def heard(self, name, words):
        return any(line.startswith(f"{name} ") and words in line for line in self.said)

    def expect_heard(self, name, words):
        try:
            wait_until(lambda: self.heard(name, words), words)
        except AssertionError as error:
            raise AssertionError(f"{name}: {words}; said were {self.said}") from error


class ForPages(Secured):
    """A server for pages of `site`, who log in."""

    def __init__(self, site, **sip):
        self.wss_port = free_port()
        super().__init__(sip={"auth": "digest", "domains": [DOMAIN], "ws_origins": [site.origin], **sip}, server={"shards": 2})
        self.config["sip"]["listen"].append(f"wss:127.0.0.1:{self.wss_port}")

    def window(self, site, script, name, user, **orders):
        """A page with `script` that logs in as `user` and does what it is ordered."""
        key = run_openssl("x509", "-in", self.certificate, "-noout", "-pubkey")
        der = run_openssl("pkey", "-pubin", "-outform", "der", octets=key)
        fingerprint = base64.b64encode(run_openssl("dgst", "-sha256", "-binary", octets=der)).decode()
        orders = urllib.parse.urlencode({"name": name, "aor": f"sip:{user}@{DOMAIN}", "user": user,
                                         "password": f"{user}'s secret",
                                         "server": f"wss://localhost:{self.wss_port}", **orders},
                                        quote_via=urllib.parse.quote)
        # It knows the certificate by its key, and no other.
        return Window(f"{site.origin}/{script}#{orders}", f"--ignore-certificate-errors-spki-list={fingerprint}")


@story
def pages_watch_and_publish():
    """RFC 7118: SIP.js publishes, SIP.js and JsSIP watch; what happens at a phone over TLS reaches both."""
    browser()
    with Pages(bundles()) as site, ForPages(site) as server:
        for user in ("alice", "bob", "carol"):
            server.put_account(f"{user}@{DOMAIN}", f"{user}'s secret")
        with server.window(site, "sipjs", "watcher", "bob", watch=ALICE), \
                server.window(site, "jssip", "other", "carol", watch=ALICE):
            site.expect_heard("watcher", "told")
            site.expect_heard("other", "told")
            with server.window(site, "sipjs", "publisher", "alice", note="from a page"):
                site.expect_heard("publisher", "published")
                site.expect_heard("watcher", "from a page")
                site.expect_heard("other", "from a page")
                flows = [row["flow"] for row in server.subscriptions(resource=f"alice@{DOMAIN}")]
                expect_equal([flow.split(":")[0] for flow in flows], ["wss", "wss"], f"how they watch: {flows}")
                with server.client(user="alice") as phone:
                    phone.login = ("alice", "alice's secret")
                    phone.publish(ALICE, pidf(ALICE, note="from a phone", tuple_id="phone"))
                site.expect_heard("watcher", "from a phone")
                site.expect_heard("other", "from a phone")
        wait_until(lambda: server.metric("herald_sip_connections$") == 0, "closed windows are gone")
        server.stop()


@story
def a_page_registers_and_is_refused_from_elsewhere():
    """RFC 5626, 7118: JsSIP registers with outbound; a page of another origin gets no WebSocket."""
    browser()
    with Pages(bundles()) as site, ForPages(site) as server, Pages(site.pages) as evil:
        server.put_account(f"bob@{DOMAIN}", "bob's secret")
        with server.window(site, "jssip", "phone", "bob", register="yes"):
            site.expect_heard("phone", "registered")
            rows = server.http("GET", f"/v1/registrations?aor=bob@{DOMAIN}").json()["registrations"]
            expect_equal(len(rows), 1, "what is registered")
            expect(".invalid" in rows[0]["contact"] and rows[0]["reg_id"] == 1, f"how: {rows[0]}")
        with server.window(evil, "jssip", "stranger", "bob", register="yes"):
            wait_until(lambda: server.metric('herald_websocket_ended_total.*"origin"') >= 1, "a page of another origin")
            expect(not evil.heard("stranger", "stranger connected"), f"it is not connected: {evil.said}")
        server.stop()


tell()
