# tests/integration/_secured.py: servers that speak TLS, with certificates of an authority of their own.
import http.client
import tempfile

from _herald import Server, free_port
from _tls import Authority, TlsClient


class Secured(Server):
    """A server that speaks everything, with certificates of an authority of its own."""

    def __init__(self, **sections):
        self.folder = tempfile.TemporaryDirectory(prefix="herald-tls-")
        self.authority = Authority(self.folder.name)
        self.certificate, self.key = self.authority.issue("server")
        self.tls_port, self.ws_port = free_port(), free_port()
        sip = {"tls_certificate": [self.certificate], "tls_key": [self.key], **sections.pop("sip", {})}
        super().__init__(sip=sip, **sections)
        self.config["sip"]["listen"] += [f"tls:127.0.0.1:{self.tls_port}", f"ws:127.0.0.1:{self.ws_port}"]

    def client(self, context=None, **options):
        return TlsClient(("127.0.0.1", self.tls_port), context or self.authority.context(), **options)

    def failures(self, reason):
        return self.metric(f'herald_tls_failures_total.*reason="({reason})"')


class SecuredApi(Secured):
    """The same, with an API served by HTTPS."""

    def __init__(self, **sections):
        super().__init__(**sections)
        self.api_certificate, self.api_key = self.authority.issue("api", "DNS:localhost,IP:127.0.0.1,DNS:api.test")
        self.config["http"].update(certificate=self.api_certificate, key=self.api_key)

    def http_connection(self, seconds):
        return http.client.HTTPSConnection("127.0.0.1", self.http_port, timeout=seconds, context=self.authority.context())
