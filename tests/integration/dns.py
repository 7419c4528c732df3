# tests/integration/dns.py: a watcher known by name is found again when its connection died (RFC 3263): NAPTR, SRV, A, fail-over.
import socket

from _dns import NAPTR, SRV, Dns
from _herald import PATIENCE, Server, free_port, wait_until
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell

ALICE = "sip:alice@localhost"


class Proxy:
    """Where the watcher can be reached: a TCP port that accepts."""

    def __init__(self):
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.bind(("127.0.0.1", free_port()))
        self.listener.listen()
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]

    def take(self, client):
        """The client goes on over the connection that arrives here."""
        connection, _ = self.listener.accept()
        client.close()
        client.socket, client.buffer, client.closed_by_peer = connection, b"", False

    def close(self):
        self.listener.close()


def found_again(dns, proxy, contact, lose):
    """Subscribes over TCP with that Contact, loses the connection, and expects the next NOTIFY at the proxy."""
    with Server(sip={"dns_servers": dns.address}) as server, Client(server.address) as publisher, \
            Client(server.address, "tcp") as client:
        watcher = client.subscribe(ALICE, contact=contact)
        publication = publisher.publish(ALICE, pidf(ALICE, note="by the flow"))
        watcher.wait_body("by the flow")
        expect(not dns.asked, f"names were looked up while the connection lived: {dns.asked}")

        lose(server, client)
        publication.modify(pidf(ALICE, note="by its name"))
        proxy.take(client)
        watcher.wait_body("by its name")
        expect_equal(watcher.refresh(contact=contact).status, 200, "a refresh over the new connection")
        publication.modify(pidf(ALICE, note="and again"))
        watcher.wait_body("and again")
        watcher.expect_rising()
        server.stop()


def close_connection(server, client):
    client.close()
    del server


def kill_server(server, client):
    server.kill()
    client.close()
    server.start()


@story
def by_srv_and_a():
    """transport=tcp: _sip._tcp, then the address of its target (RFC 3263 4.2)."""
    with Dns() as dns:
        proxy = Proxy()
        dns.srv("_sip._tcp.phones.test", 1, 1, proxy.port, "edge.phones.test")
        dns.a("edge.phones.test")
        found_again(dns, proxy, "<sip:bob@phones.test;transport=tcp>", close_connection)
        expect(("_sip._tcp.phones.test", SRV) in dns.asked, f"asked: {dns.asked}")
        proxy.close()


@story
def by_naptr():
    """No transport in the URI: NAPTR decides (RFC 3263 4.1)."""
    with Dns() as dns:
        proxy = Proxy()
        dns.naptr("phones.test", 10, 10, "SIP+D2T", "_sip._tcp.elsewhere.test")
        dns.naptr("phones.test", 20, 10, "SIP+D2U", "_sip._udp.elsewhere.test")
        dns.srv("_sip._tcp.elsewhere.test", 1, 1, proxy.port, "edge.elsewhere.test")
        dns.a("edge.elsewhere.test")
        found_again(dns, proxy, "<sip:bob@phones.test>", close_connection)
        expect(("phones.test", NAPTR) in dns.asked, f"asked: {dns.asked}")
        proxy.close()


@story
def by_address_with_a_port():
    """An explicit port skips SRV."""
    with Dns() as dns:
        proxy = Proxy()
        dns.a("edge.phones.test")
        found_again(dns, proxy, f"<sip:bob@edge.phones.test:{proxy.port};transport=tcp>", close_connection)
        expect(all(kind not in (SRV, NAPTR) for _, kind in dns.asked), f"asked: {dns.asked}")
        proxy.close()


@story
def the_next_target_where_the_first_refuses():
    """RFC 3263 4.3: priorities in order; a refused connection is not the end."""
    with Dns() as dns:
        proxy = Proxy()
        dns.srv("_sip._tcp.phones.test", 1, 1, free_port(), "dead.phones.test")
        dns.srv("_sip._tcp.phones.test", 2, 1, free_port(), "deader.phones.test")
        dns.srv("_sip._tcp.phones.test", 3, 1, proxy.port, "edge.phones.test")
        for name in ("dead", "deader", "edge"):
            dns.a(f"{name}.phones.test")
        found_again(dns, proxy, "<sip:bob@phones.test;transport=tcp>", close_connection)
        proxy.close()


@story
def after_a_restart_too():
    """kill -9: all connections are gone; the name leads to the watcher."""
    with Dns() as dns:
        proxy = Proxy()
        dns.srv("_sip._tcp.phones.test", 1, 1, proxy.port, "edge.phones.test")
        dns.a("edge.phones.test")
        found_again(dns, proxy, "<sip:bob@phones.test;transport=tcp>", kill_server)
        proxy.close()


@story
def a_name_that_leads_nowhere_waits_for_the_watcher():
    """NXDOMAIN: the flow is lost, nothing is counted as a failure, and the next refresh heals it."""
    with Dns() as dns, Server(sip={"dns_servers": dns.address}) as server, Client(server.address) as publisher, \
            Client(server.address, "tcp") as client:
        contact = "<sip:bob@nowhere.test;transport=tcp>"
        watcher = client.subscribe(ALICE, contact=contact)
        client.close()
        publisher.publish(ALICE, pidf(ALICE, note="missed"))
        wait_until(lambda: server.subscriptions()[0]["state"] == "flow_lost", "the subscription waits")
        client.connect()
        expect_equal(watcher.refresh(contact=contact).status, 200, "a refresh over a new connection")
        watcher.wait_body("missed")
        watcher.expect_rising()
        expect_equal(server.subscriptions()[0]["state"], "active", "the state")
        server.stop()


tell()
