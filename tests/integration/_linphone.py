# tests/integration/_linphone.py: a Linphone of one's own, without sound, told what to do on its console.
import os
import re
import shutil
import subprocess

from _herald import PATIENCE, free_port, wait_until
from _stories import expect, skip_all


def program():
    return shutil.which("linphonec") or skip_all("linphonec is not installed (Debian: linphone-cli)")


class Linphone:
    """A running linphonec with one account at `server`; everything it writes stays in `directory`."""

    def __init__(self, directory, server, user="alice", password=None, transport="udp"):
        self.directory = directory
        self.home = os.path.join(directory, "home")
        # It makes none of the folders its database is in.
        os.makedirs(os.path.join(self.home, ".local/share/linphone"), exist_ok=True)
        os.makedirs(os.path.join(self.home, ".config/linphone"), exist_ok=True)
        self.config_path = os.path.join(directory, "linphonerc")
        if not os.path.exists(self.config_path):
            self._write_config(server, user, password, transport)
        self.program = program()
        self._start()

    def _write_config(self, server, user, password, transport):
        where = f"localhost:{server.tls_port}" if transport == "tls" else f"127.0.0.1:{server.sip_port}"
        proxy = f"<sip:{where};transport={transport}"
        port = free_port()
        sections = {
            "sip": {"bind_address": "127.0.0.1", "sip_port": port, "sip_tcp_port": port, "sip_tls_port": -1,
                    "default_proxy": 0, "use_ipv6": 0},
            "sound": {"playback_dev_id": "none", "capture_dev_id": "none", "ringer_dev_id": "none"},
            "proxy_0": {"reg_proxy": f"{proxy}>", "reg_route": f"{proxy};lr>",
                        "reg_identity": f"sip:{user}@127.0.0.1", "reg_expires": 600, "reg_sendregister": 1, "publish": 0},
        }
        if transport == "tls":
            sections["sip"].update(root_ca=server.authority.file, verify_server_certs=1, verify_server_cn=1)
        if password:
            sections["auth_info_0"] = {"username": user, "passwd": password, "realm": "localhost"}
        with open(self.config_path, "w", encoding="utf-8") as file:
            for name, keys in sections.items():
                file.write(f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in keys.items()))

    def _start(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        with open(self.out_path, "ab") as out:
            self.process = subprocess.Popen(
                [self.program, "-c", self.config_path, "-d", "6", "-l", self.log_path], env={**clean, "HOME": self.home},
                stdin=subprocess.PIPE, stdout=out, stderr=out, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(f"---- linphonec said:\n{self.out()[-2000:]}\n---- and logged:\n{self.log()[-6000:]}\n----")
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()

    @property
    def out_path(self):
        return os.path.join(self.directory, "out")

    @property
    def log_path(self):
        return os.path.join(self.directory, "log")

    def out(self):
        return read(self.out_path)

    def log(self):
        return read(self.log_path)

    def command(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def texts(self):
        """(sender, text) of what it showed, in order."""
        return re.findall(r"Message received from (\S+): (.*)", self.out())

    def wait_text(self, text):
        wait_until(lambda: any(text == each for _, each in self.texts()), f"Linphone shows {text!r}")

    def watch(self, name, uri):
        self.command(f'friend add "{name}" {uri}')

    def shown(self, uri):
        """What it showed of somebody it watches, in order: 'Offline', 'Online', 'Busy' ..."""
        return re.findall(rf"Friend [^\n]*<?{re.escape(uri)}>? is (.*)", self.out())

    def wait_shown(self, uri, status):
        wait_until(lambda: self.shown(uri)[-1:] == [status], f"Linphone shows {uri} as {status}")

    def wire(self):
        """The SIP messages in its log, whole, sent and received ones."""
        found = re.findall(r"^((?:[A-Z]+ sips?:\S+ SIP/2\.0|SIP/2\.0 \d{3} )[^\n]*\n.*?)(?=^\d{4}-\d\d-\d\d )", self.log(),
                           re.MULTILINE | re.DOTALL)
        return [message.replace("\r", "") for message in found]

    def quit(self, seconds=PATIENCE):
        """It removes its registration before it ends."""
        self.command("quit")
        self.process.wait(seconds)


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def is_registered(server, user="alice"):
    answer = server.http("GET", f"/v1/registrations?aor=sip:{user}@127.0.0.1")
    return answer.status == 200 and len(answer.json()["registrations"]) == 1


def registered(directory, server, **options):
    """A Linphone whose registration Herald has."""
    phone = Linphone(directory, server, **options)
    try:
        wait_until(lambda: is_registered(server), "Linphone has registered")
    except AssertionError as failure:
        with phone:
            raise AssertionError(f"{failure}\n{phone.log()[-3000:]}") from failure
    expect(phone.process.poll() is None, "Linphone runs")
    return phone
