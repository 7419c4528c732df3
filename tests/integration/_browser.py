# tests/integration/_browser.py: a headless Chromium, and an origin of the test's own that serves it pages.
import http.server
import os
import shutil
import signal
import subprocess
import tempfile
import threading

from _herald import PATIENCE
from _stories import skip_all

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or skip_all("there is no Chromium")


class Site:
    """Serves the bytes of `pages` by path, and keeps what is posted."""

    def __init__(self, pages):
        self.pages, self.said = pages, []

    def __enter__(self):
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page = site.pages.get(self.path.split("?")[0])
                self.send_response(200 if page is not None else 404)
                kind = "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8"
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(page or b"")

            def do_POST(self):
                site.said.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Window:
    """A browser at a page, for as long as it is open."""

    def __init__(self, url, *options):
        self.url, self.options = url, options

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="herald-browser-")
        command = [browser(), "--headless", "--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage",
                   f"--user-data-dir={self.profile}", "--remote-debugging-port=0", *self.options, self.url]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "HOME": self.profile}, start_new_session=True)
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        shutil.rmtree(self.profile, ignore_errors=True)
