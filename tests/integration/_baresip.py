# tests/integration/_baresip.py: a baresip of one's own, told what to do over its ctrl_tcp module.
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from _herald import PATIENCE, free_port, wait_until
from _message import Message, answer
from _stories import expect, skip_all

MODULES = "/usr/lib/baresip/modules"


def program():
    found = shutil.which("baresip")
    if not found or not os.path.isdir(MODULES):
        skip_all("baresip is not installed (Debian: baresip-core)")
    return found


class Baresip:
    """A running baresip with one account."""

    def __init__(self, directory, account, contacts=(), modules=("contact", "presence")):
        self.directory = directory
        self.program = program()
        os.makedirs(directory)
        self.control_port = free_port()
        # It takes the next port too, for TLS.
        lines = [f"sip_listen 127.0.0.1:{free_port(2)}", f"module_path {MODULES}", "module_app account.so"]
        lines += [f"module_app {name}.so" for name in (*modules, "ctrl_tcp")]
        lines += [f"ctrl_tcp_listen 127.0.0.1:{self.control_port}"]
        self._write("config", lines)
        self._write("accounts", [account])
        self._write("contacts", contacts)
        with open(self.log_path, "wb") as log:
            # -n keeps it on loopback, -s writes every SIP message into its log.
            self.process = subprocess.Popen([self.program, "-f", directory, "-n", "127.0.0.1", "-s"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._is_ready, "baresip is ready")

    def _write(self, name, lines):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def _is_ready(self):
        expect(self.process.poll() is None, f"baresip ended: {self.log()[-2000:]}")
        try:
            socket.create_connection(("127.0.0.1", self.control_port), 1).close()
            return True
        except OSError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(f"---- baresip's log ends with:\n{self.log()[-3000:]}\n----")
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def log_path(self):
        return os.path.join(self.directory, "log")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def command(self, name, parameters=""):
        """Runs one of its commands and returns what it prints. JSON in a netstring each way."""
        request = json.dumps({"command": name, "params": parameters}).encode()
        with socket.create_connection(("127.0.0.1", self.control_port), 5) as connection:
            connection.sendall(b"%d:%s," % (len(request), request))
            buffer = b""
            end = time.monotonic() + 5
            while time.monotonic() < end:
                buffer += connection.recv(65536)
                while (found := re.match(rb"(\d+):", buffer)) and len(buffer) > found.end() + int(found[1]):
                    message = json.loads(buffer[found.end():found.end() + int(found[1])])
                    buffer = buffer[found.end() + int(found[1]) + 1:]
                    if message.get("response"):
                        expect(message.get("ok"), f"baresip refused {name}: {message}")
                        return re.sub(r"\x1b\[[\d;]*m", "", message.get("data", ""))
        raise AssertionError(f"baresip did not answer {name}")

    def shows(self, contact):
        """The status its contact list shows: 'Online', 'Offline', 'Unknown', ..."""
        for line in self.command("contacts").splitlines():
            if f":{contact}@" in line:
                return line.lstrip("> ").split()[0]
        return None

    def sent(self, method):
        """How many requests of that method it wrote to its log (retransmissions are not in it)."""
        return len(re.findall(rf"^{method} sip:", self.log(), re.MULTILINE))

    def quit(self, seconds=PATIENCE):
        """It un-publishes and un-subscribes before it ends."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds)


class Registrar(threading.Thread):
    """Stands before Herald, answers REGISTER itself and passes everything else on: baresip subscribes to its mailbox
    only when it has registered."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.socket.settimeout(0.1)
        self.passed = 0  # SUBSCRIBEs
        self.ending = False

    def run(self):
        client = None
        while not self.ending:
            try:
                octets, source = self.socket.recvfrom(65536)
            except TimeoutError:
                continue
            if source == self.server.address:
                if client is not None:
                    self.socket.sendto(octets, client)
                continue
            client = source
            if octets.startswith(b"REGISTER "):
                request = Message(octets)
                fields = [("Contact", request.get("contact")), ("Expires", "600")]
                self.socket.sendto(answer(request, 200, "OK", fields, "registrar"), source)
                continue
            self.passed += octets.startswith(b"SUBSCRIBE ")
            # As a proxy it takes its own Route off (RFC 3261 16.4).
            self.socket.sendto(re.sub(rb"\r\nRoute:[^\r]*", b"", octets), self.server.address)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.join(5)
        self.socket.close()
