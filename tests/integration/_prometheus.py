# tests/integration/_prometheus.py: Debian's Prometheus and its promtool: those that are installed, or, with HERALD_THOROUGH=1 (100 MB of
# them), unpacked for the build; and a server of one's own that scrapes a Herald.
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.parse
import urllib.request

from _debian import unpacked
from _herald import PATIENCE, free_port, wait_until
from _stories import Skip, expect


def program(name):
    """The path of `prometheus` or `promtool`; raises Skip where there is none."""
    if installed := shutil.which(name):
        return installed
    if "HERALD_THOROUGH" not in os.environ:
        raise Skip(f"there is no {name}; HERALD_THOROUGH=1 fetches it")
    try:
        return os.path.join(unpacked("prometheus", ["prometheus"]), "usr/bin", name)
    except OSError as reason:
        raise Skip(str(reason)) from None


class Prometheus:
    """`with Prometheus(server, rules) as prometheus`: it scrapes `server` each second, and has evaluated the rules once."""

    def __init__(self, server, rules):
        self.server = server
        self.rules = rules
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="herald-prometheus-")
        self.process = None

    def __enter__(self):
        config = os.path.join(self.folder, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
                       f"rule_files: [{json.dumps(str(self.rules))}]\n"
                       f"scrape_configs: [{{job_name: herald, static_configs: [{{targets: ['127.0.0.1:{self.server.http_port}']}}]}}]\n")
        command = [program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={self.folder}/data",
                   f"--web.listen-address=127.0.0.1:{self.port}", "--web.console.templates=/nowhere", "--web.console.libraries=/nowhere"]
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.scrapes() >= 4, f"Prometheus scrapes:\n{self.log()}")
        return self

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-3000:]

    def get(self, path, **parameters):
        expect(self.process.poll() is None, f"Prometheus ended:\n{self.log()}")
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}?{query}", timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)

    def scrapes(self):
        """How often it has."""
        try:
            series = self.query("count_over_time(up{job='herald'}[5m]) and up{job='herald'} == 1")
        except (OSError, ValueError):
            return 0
        return float(series[0]["value"][1]) if series else 0

    def query(self, expression):
        """The series that it finds."""
        answer = self.get("/api/v1/query", query=expression)
        expect(answer["status"] == "success", f"{expression}: {answer}")
        return answer["data"]["result"]

    def broken_rules(self):
        """Those that could not be evaluated."""
        groups = self.get("/api/v1/rules")["data"]["groups"]
        return [(rule["name"], rule["health"], rule.get("lastError")) for group in groups for rule in group["rules"] if rule["health"] == "err"]
