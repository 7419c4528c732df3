# tests/integration/_kamailio.py: a Kamailio of one's own: one that keeps mailboxes (its modules presence and presence_mwi, on
# SQLite), a proxy that publishes the calls through it (dialog and pua_dialoginfo), and one with a list of lines (rls).
import glob
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import _debian
from _herald import free_port, wait_until
from _message import Message, build, token
from _stories import expect

PACKAGES = ("kamailio", "kamailio-presence-modules", "kamailio-sqlite-modules")

CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:{port}
mpath="{modules}/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "maxfwd.so"
loadmodule "db_sqlite.so"
loadmodule "presence.so"
loadmodule "presence_mwi.so"
modparam("presence", "db_url", "sqlite:///{directory}/kamailio.db")
modparam("presence", "server_address", "sip:127.0.0.1:{port}")
modparam("presence", "subs_db_mode", {subs_db_mode})
modparam("presence", "min_expires", 5)
modparam("presence", "max_expires", 3600)
modparam("presence", "clean_period", 0)
modparam("presence", "db_update_period", 0)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("PUBLISH")) {{ handle_publish(); exit; }}
    if (is_method("SUBSCRIBE")) {{
        # presence's own max_expires would shorten the life of publications too.
        if ($(hdr(Expires){{s.int}}) > {longest_subscription}) {{
            remove_hf("Expires");
            append_hf("Expires: {longest_subscription}\r\n");
            msg_apply_changes();
        }}
        handle_subscribe();
        exit;
    }}
    sl_send_reply("405", "Method Not Allowed");
}}
"""

# Whatever is called is at one port; modules and their parameters are those of docs/lamps.md. What a call is to both sides of it goes to Herald.
PROXY = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:{port}
mpath="{modules}/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "maxfwd.so"
loadmodule "db_sqlite.so"
loadmodule "dialog.so"
loadmodule "pua.so"
loadmodule "pua_dialoginfo.so"
modparam("tm", "fr_timer", 5000)
modparam("rr", "enable_full_lr", 1)
modparam("dialog", "db_mode", 0)
modparam("dialog", "default_timeout", 600)
{documented}
modparam("pua_dialoginfo", "override_lifetime", {lifetime})
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (has_totag()) {{
        if (!loose_route()) {{
            if (is_method("ACK") && t_check_trans()) {{ t_relay(); }}
            exit;
        }}
        t_relay();
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) {{ t_relay(); }}
        exit;
    }}
    if (is_method("INVITE")) {{
        record_route();
        dlg_manage();
        $du = "sip:127.0.0.1:{callee}";
        t_relay();
        exit;
    }}
    sl_send_reply("405", "Method Not Allowed");
}}
"""

# A list of lines, each of which it asks itself for, and tells together (RFC 4662).
LISTS = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:{port}
mpath="{modules}/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "maxfwd.so"
loadmodule "db_sqlite.so"
loadmodule "db_text.so"
loadmodule "presence.so"
loadmodule "presence_dialoginfo.so"
loadmodule "pua.so"
loadmodule "rls.so"
modparam("presence", "db_url", "sqlite:///{directory}/kamailio.db")
modparam("presence", "server_address", "sip:127.0.0.1:{port}")
modparam("presence", "subs_db_mode", 0)
modparam("presence", "clean_period", 0)
modparam("presence", "db_update_period", 0)
modparam("pua", "db_url", "sqlite:///{directory}/kamailio.db")
modparam("pua", "db_mode", 0)
modparam("rls", "db_url", "text://{directory}/lists")
modparam("rls", "xcap_db_url", "sqlite:///{directory}/kamailio.db")
modparam("rls", "clean_period", 0)
modparam("rls", "waitn_time", 1)
modparam("rls", "integrated_xcap_server", 1)
modparam("rls", "to_presence_code", 10)
modparam("rls", "rls_event", "dialog")
modparam("rls", "server_address", "sip:rls@127.0.0.1:{port}")
modparam("rls", "outbound_proxy", "sip:127.0.0.1:{port}")
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("PUBLISH")) {{ handle_publish(); exit; }}
    if (is_method("NOTIFY")) {{ rls_handle_notify(); exit; }}
    if (is_method("SUBSCRIBE")) {{
        rls_handle_subscribe();
        if ($rc == 10) {{ handle_subscribe(); }}
        exit;
    }}
    sl_send_reply("405", "Method Not Allowed");
}}
"""
RLS_SERVICES = 8  # xcap.doc_type


def unpacked():
    """The folder with Kamailio's files. Installed, the package would start a daemon on port 5060, so it is only unpacked. What of it is
    used needs libxml2 and libsqlite3."""
    return _debian.unpacked("kamailio", PACKAGES)


class Kamailio:
    """`with Kamailio() as pbx`. What was published lives in its database, and with `subs_db_mode` 1 its subscriptions do.

    One process alone writes the database: with a second one, such as its timers, SQLite says "locked" when the machine is
    busy, and Kamailio answers 500 or sends a NOTIFY without a body."""

    def __init__(self, config=CONFIG, **values):
        values = {"subs_db_mode": 0, "longest_subscription": 3600, **values}
        root = unpacked()
        self.program = os.path.join(root, "usr/sbin/kamailio")
        private = glob.glob(os.path.join(root, "usr/lib/*/kamailio"))[0]
        self.environment = {**os.environ, "LD_LIBRARY_PATH": private}
        self.directory = tempfile.mkdtemp(prefix="kamailio-test-")
        self.port = free_port()
        with open(os.path.join(self.directory, "kamailio.cfg"), "w", encoding="utf-8") as file:
            file.write(config.format(port=self.port, modules=f"{private}/modules", directory=self.directory, **values))
        with sqlite3.connect(os.path.join(self.directory, "kamailio.db")) as database:
            for part in ("standard", "presence"):
                with open(os.path.join(root, f"usr/share/kamailio/db_sqlite/{part}-create.sql"), encoding="utf-8") as file:
                    database.executescript(file.read())
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(f"---- Kamailio's log ends with:\n{self.log()[-3000:]}\n----")
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        """32 MB of shared memory, 4 for each process; a process group of its own."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "-DD", "-E", "-m", "32", "-M", "4", "-Y", self.directory, "-f", "kamailio.cfg"], cwd=self.directory,
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_until(self.is_ready, "Kamailio is ready")

    def kill(self):
        """kill -9 for each of its processes: those of the group it was started in."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None
        wait_until(lambda: not self.is_bound(), "Kamailio's port is free")

    def is_bound(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", self.port))
                return False
            except OSError:
                return True

    def is_ready(self):
        """It answers."""
        expect(self.process.poll() is None, f"Kamailio ended: {self.log()[-3000:]}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.connect(("127.0.0.1", self.port))
            port = probe.getsockname()[1]
            try:
                probe.send(build(f"OPTIONS sip:127.0.0.1:{self.port} SIP/2.0", [
                    ("Via", f"SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{token()}"), ("Max-Forwards", "70"),
                    ("From", "<sip:test@localhost>;tag=1"), ("To", f"<sip:127.0.0.1:{self.port}>"), ("Call-ID", token()),
                    ("CSeq", "1 OPTIONS")]))
                return Message(probe.recv(65536)).status == 405
            except OSError:
                return False

    @property
    def log_path(self):
        return os.path.join(self.directory, "log")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()


def proxy(herald, callee, lifetime=600):
    """Takes calls, passes them on to the port `callee`, and tells the Herald at port `herald` of them. What it published ends
    after `lifetime` seconds unless it is said again."""
    return Kamailio(PROXY.replace("{documented}", documented(herald)), callee=callee, lifetime=lifetime)


class ListServer(Kamailio):
    """`lines` are users of its, which it asks for without a port: it knows answers by what its NOTIFYs have in From. It has all of them in one list for each of `watchers`, an AOR."""

    def __init__(self, name, lines, watchers):
        super().__init__(LISTS)
        # rls asks how many rows it changed, which db_sqlite does not say.
        tables = os.path.join(self.directory, "lists")
        os.mkdir(tables)
        for table in ("version", "rls_presentity", "rls_watchers"):
            shutil.copy(os.path.join(unpacked(), "usr/share/kamailio/dbtext/kamailio", table), tables)
        entries = "".join(f'<entry uri="sip:{line}@127.0.0.1"/>' for line in lines)
        document = ('<?xml version="1.0" encoding="UTF-8"?>\n<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" '
                    'xmlns:rl="urn:ietf:params:xml:ns:resource-lists">'
                    f'<service uri="sip:{name}@127.0.0.1:{self.port}"><list>{entries}</list>'
                    '<packages><package>dialog</package></packages></service></rls-services>')
        with sqlite3.connect(os.path.join(self.directory, "kamailio.db")) as database:
            for user in watchers:
                database.execute("INSERT INTO xcap (username, domain, doc, doc_type, etag, source, doc_uri, port) "
                                 "VALUES (?, '127.0.0.1', ?, ?, 'e', 0, ?, 0)",
                                 (user, document, RLS_SERVICES, f"/rls-services/users/{user}/index"))


def documented(herald):
    """What docs/lamps.md has one write into kamailio.cfg."""
    page = (Path(__file__).resolve().parents[2] / "docs/lamps.md").read_text(encoding="utf-8")
    section = page.partition("## Lamps from Kamailio")[2]
    lines = section.partition("```ini\n")[2].partition("\n```")[0]
    expect("sip:192.0.2.1:5060" in lines, "docs/lamps.md does not say where Kamailio publishes")
    return lines.replace("192.0.2.1:5060", f"127.0.0.1:{herald}").replace("/var/lib/kamailio", "{directory}")
