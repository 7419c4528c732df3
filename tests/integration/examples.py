# tests/integration/examples.py: what examples/ shows and what packages and shells are given is right, as far as the programs it
# is for, or Herald, can say.
import json
import os
import re
import shutil
import subprocess
import tempfile
import xml.dom.minidom
from pathlib import Path

import _kamailio
from _herald import PATIENCE, Server, binary, wait_until
from _prometheus import Prometheus, program
from _sip import Client, pidf
from _stories import Skip, expect, expect_equal, story, tell

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
# What fail2ban puts in the place of <HOST>, as far as addresses go.
HOST = r"(?P<host>[0-9.]+|[0-9a-fA-F:]+)"


def failregex():
    line = next(line for line in (EXAMPLES / "fail2ban/filter.conf").read_text().splitlines() if line.startswith("failregex"))
    return line.split("=", 1)[1].strip()


def refused(log):
    """The addresses the filter finds."""
    pattern = re.compile(failregex().replace("<HOST>", HOST))
    return [found["host"] for found in map(pattern.search, log.splitlines()) if found]


def metrics_named_in(text):
    return set(re.findall(r"\b(?:herald|process)_[a-z_]+\b", text))


@story
def a_wrong_password_is_found_by_the_filter():
    """The line is the server's own, made by a REGISTER with a password that is none."""
    with Server(sip={"auth": "digest"}) as server:
        server.put_account("alice@localhost", "right")
        command = [binary(), "register", "sip:alice@localhost", "--server", f"127.0.0.1:{server.sip_port}",
                   "--password", "wrong"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        expect(done.returncode != 0, "the wrong password was taken")
        wait_until(lambda: "auth.refused" in server.log(), "the refusal is logged")
        expect_equal(set(refused(server.log())), {"127.0.0.1"}, "whom the filter finds")
        if shutil.which("fail2ban-regex"):
            said = subprocess.run(["fail2ban-regex", server.log_path, str(EXAMPLES / "fail2ban/filter.conf")],
                                  capture_output=True, text=True, timeout=PATIENCE, check=False)
            expect(re.search(r"Lines: .* [1-9]\d* matched", said.stdout), said.stdout + said.stderr)


@story
def no_name_passes_for_a_peer():
    """What a stranger calls himself cannot have somebody else banned."""
    line = 'time=2027-01-15T08:00:00.000Z level=warning event=auth.refused user={} peer={} why="wrong password" untold=0'
    expect_equal(refused(line.format("alice", "[2001:db8::1]:5060")), ["2001:db8::1"], "a peer of IPv6")
    expect_equal(refused(line.format(r'"x peer=192.0.2.1:1 why=\" peer=192.0.2.1:1 why="', "192.0.2.66:5060")), ["192.0.2.66"], "quotes")
    within = '"time= level=warning event=auth.refused user=x peer=192.0.2.1:1 why="'
    expect_equal(refused(line.format(within, "192.0.2.66:5060")), ["192.0.2.66"], "a line within a name")
    expect_equal(refused("pbx herald[7]: " + line.format("a", "192.0.2.66:5060")), ["192.0.2.66"], "as the journal has it")
    expect_equal(refused(line.replace("auth.refused", "auth.other").format("a", "192.0.2.66:5060")), [], "another event")


def dashboard_queries():
    """Of each panel, as Grafana would fill them in."""
    dashboard = json.loads((EXAMPLES / "grafana/herald.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [query.replace("$instance", ".+").replace("$__rate_interval", "1m") for query in queries]


@story
def rules_and_dashboard_name_metrics_there_are():
    """Of all that are named none is missing from a server's /metrics."""
    rules = (EXAMPLES / "prometheus/herald.rules.yml").read_text(encoding="utf-8")
    wanted = metrics_named_in("\n".join(dashboard_queries() + [rules]))
    with Server() as server:
        there = {name.split("{")[0] for name in server.metrics()}
    expect(len(wanted) > 12, f"only {len(wanted)} metrics are named")
    expect_equal(sorted(wanted - there), [], "metrics that are named and are not there")


@story
def promtool_takes_configuration_and_rules():
    """Their form, and that each fires when it should."""
    promtool = program("promtool")
    for command in (["check", "config", "prometheus.yml"], ["check", "rules", "herald.rules.yml"], ["test", "rules", "herald.test.yml"]):
        done = subprocess.run([promtool, *command], cwd=EXAMPLES / "prometheus", capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        expect(done.returncode == 0, f"promtool {' '.join(command)}:\n{done.stdout}{done.stderr}")
    with Server() as server:
        done = subprocess.run([promtool, "check", "metrics"], input=server.http("GET", "/metrics").body, capture_output=True,
                              timeout=PATIENCE, check=False)
    expect(done.returncode in (0, 3), f"promtool check metrics: {done.stdout.decode()}{done.stderr.decode()}")


@story
def prometheus_answers_every_query_of_the_dashboard():
    """And evaluates every rule, over a Herald at which something happens: a query that is not about trouble finds something."""
    program("prometheus")
    with Server(sip={"auth": "digest"}) as server:
        for user in ("alice", "bob"):
            server.put_account(f"{user}@127.0.0.1", "right")
        with Prometheus(server, EXAMPLES / "prometheus/herald.rules.yml") as prometheus, \
                Client(server.address, user="bob", domain="127.0.0.1") as bob, Client(server.address, user="alice", domain="127.0.0.1") as alice:
            alice.login, bob.login = ("alice", "right"), ("bob", "right")
            bob.subscribe("sip:alice@127.0.0.1")
            before = prometheus.scrapes()
            for number in range(3):
                alice.publish("sip:alice@127.0.0.1", pidf("sip:alice@127.0.0.1", note=str(number), tuple_id=f"t{number}"))
                bob.pump(0.1)
                wait_until(lambda: prometheus.scrapes() > before + number, "the next scrape")  # noqa: B023 it is waited for here
            silent = [query for query in dashboard_queries() if not prometheus.query(query)]
            expect_equal(silent, [], "queries that find nothing")
            expect_equal(prometheus.broken_rules(), [], "rules that cannot be evaluated")


@story
def kamailio_takes_its_configuration():
    """kamailio -c."""
    root = Path(_kamailio.unpacked())
    private = next(root.glob("usr/lib/*/kamailio"))
    with tempfile.TemporaryDirectory(prefix="herald-examples-") as folder:
        text = (EXAMPLES / "kamailio/kamailio.cfg").read_text(encoding="utf-8").replace("192.0.2.5:5060", "127.0.0.1:5060")
        (Path(folder) / "kamailio.cfg").write_text(text.replace("#!KAMAILIO\n", f'#!KAMAILIO\nmpath="{private}/modules/"\n', 1))
        done = subprocess.run([root / "usr/sbin/kamailio", "-c", "-f", "kamailio.cfg"], cwd=folder, capture_output=True, text=True,
                              env={**os.environ, "LD_LIBRARY_PATH": str(private)}, timeout=PATIENCE, check=False)
    expect(done.returncode == 0, done.stderr[-3000:])


def complaints(*arguments, text=None):
    done = subprocess.run(["shellcheck", "--severity=warning", *arguments], cwd=ROOT, input=text, capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    return done.stdout + done.stderr


@story
def shells_would_read_every_script():
    """shellcheck: the scripts, what packages run, and the completion made of the table of commands."""
    if shutil.which("shellcheck") is None:
        raise Skip("there is no shellcheck")
    scripts = [path for path in (ROOT / "scripts").iterdir() if path.name != "packages"]
    maintainers = [ROOT / "packaging" / name for name in ("postinst", "prerm", "postrm")]
    expect_equal(complaints("-x", *map(str, scripts + maintainers)), "", "what shellcheck says")
    completion = subprocess.run([binary(), "completion"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    expect("_herald" in completion, "no completion")
    expect_equal(complaints("-s", "bash", "-", text=completion), "", "what shellcheck says of the completion")


@story
def freeswitch_would_read_its_file():
    """It is XML."""
    xml.dom.minidom.parse(str(EXAMPLES / "freeswitch/herald.xml"))


tell()
