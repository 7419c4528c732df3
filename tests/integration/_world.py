# tests/integration/_world.py: every kind of change over UDP, TCP and HTTP, cut short by kills, and a model of what was promised.
"""World.rounds() plays rounds. In each one every actor changes what is his, one request after the other, until the server
is killed; some starts are killed too, in their first milliseconds. Then requests without an answer are sent again octet by
octet, copies of requests that later ones superseded come late, and everything is compared with the model: what the API
shows, and what every watcher was told.

Values are few, so that states come back: what was told before is no proof that it is told now.
"""
import os
import random
import threading
import time
from collections import Counter

from _actors import OWN_PACKAGE, Actor, Caller, Device, Door, Publisher, Watcher, WatcherList, Writer
from _operators import all_operators
from _shown import DECIDED_PRESENCE, GROUP_MEMBERS, what_is_shown
from _sip import Client, NoAnswer
from _stories import expect, expect_equal
from _things import PBX, TUPLE

# What World expects of a server's configuration.
SECTIONS = {"http": {"threads": 32}, "package": [OWN_PACKAGE], "pbx": PBX, "ua_profile": {"accept_unknown": True}}


class FailingDisk:
    """A disk that fails for a while, see _failing.c."""

    MODES = 3

    def __init__(self, flag):
        self.flag = flag
        self.failures = 0

    def fail(self, chance):
        self.failures += 1
        with open(self.flag, "wb") as file:
            file.write(b"x" * chance.randrange(self.MODES))

    def heal(self):
        if os.path.exists(self.flag):
            os.remove(self.flag)


class World:
    def __init__(self, server, chance, disk=None):
        self.server = server
        self.chance = chance
        self.disk = disk
        self.udp = Client(server.address)
        self.tcp = Client(server.address, transport="tcp")
        publishers = [Publisher(self.udp, "pu"), Publisher(self.tcp, "pt"), Caller(self.udp, "du"), Caller(self.tcp, "dt"),
                      Door(self.udp, "xu"), Door(self.tcp, "xt")]
        devices = [Device(self.udp, "ru"), Device(self.tcp, "rt")]
        self.writers = [Writer(self.udp, "mu"), Writer(self.tcp, "mt")]
        self.set_what_stays()
        self.operators = all_operators(server)
        self.watchers = [Watcher(self.udp, publisher) for publisher in publishers]
        # Of bindings, and of who watches, only the owner is told.
        self.watchers += [Watcher(self.udp, device, device.user) for device in devices]
        self.watchers.append(Watcher(self.udp, WatcherList(self.watchers[0]), "pu"))
        self.watchers += [Watcher(self.udp, shown, user) for shown, user in what_is_shown(self.operators)]
        self.shown = devices + self.writers
        self.actors = publishers + self.shown + self.watchers
        for each in self.actors + self.operators:
            each.may_be_refused = disk is not None
        self.did = Counter()

    def set_what_stays(self):
        """What no operator changes, for others to be about."""
        answers = [self.server.http("PUT", f"/v1/mailboxes/m{n}@localhost", {"voice": {"new": n}}) for n in GROUP_MEMBERS]
        answers.append(self.server.http("PUT", "/v1/resources/presence/o@localhost/hard-state", TUPLE.format(DECIDED_PRESENCE),
                                        headers={"Content-Type": "application/pidf+xml"}))
        for answer in answers:
            expect(answer.status in (200, 201, 204), f"what stays: {answer.status} {answer.body!r}")

    def close(self):
        self.udp.close()
        self.tcp.close()

    def burst(self, until=None):
        """Everybody works until the server dies: soon, or once `until` has returned."""
        server = self.server
        # Most die within the time a few changes take, a few when much was done.
        delay = self.chance.choice([0, self.chance.uniform(0, 0.005), self.chance.uniform(0, 0.03), self.chance.uniform(0, 0.1), 0.3])
        timers = []
        # Once at least, however few rounds there are.
        if self.disk is not None and (self.disk.failures == 0 or self.chance.random() < 0.6):
            timers.append(threading.Timer(delay, self.disk.fail, [random.Random(self.chance.random())]))
            delay += self.chance.uniform(0, 0.5)
        timers.append(threading.Timer(delay, self.kill, [until]))
        for operator in self.operators:
            operator.begin(random.Random(self.chance.random()))
        for timer in timers:
            timer.start()
        self.work()
        for timer in timers:
            timer.join()
        server.process.wait()
        self.hear_out()

    def kill(self, until):
        try:
            if until is not None:
                until()
        finally:
            self.server.process.kill()

    def work(self):
        while self.server.alive():
            for actor in self.actors:
                try:
                    if actor.open is None or actor.answered():
                        actor.begin(self.chance)
                except OSError:
                    pass
            self.udp.pump(0.001)
            if not self.tcp.closed_by_peer:
                self.tcp.pump(0.001)

    def hear_out(self):
        """What the dead server still said."""
        for operator in self.operators:
            operator.end()
        for client in (self.udp, self.tcp):
            client.pump_rest()
        for actor in self.actors:
            if actor.open is not None:
                actor.answered()

    def start(self):
        """Some starts do not get far."""
        if self.disk is not None:
            self.disk.heal()
        while self.chance.random() < 0.4:
            self.server.launch()
            time.sleep(self.chance.choice([self.chance.uniform(0, 0.005), self.chance.uniform(0, 0.1)]))
            self.server.kill()
            self.did["starts cut short"] += 1
        self.server.start()
        self.tcp.close()
        self.tcp.connect()

    def check(self):
        for actor in self.actors:
            self.did["sent again"] += actor.open is not None
            actor.send_again()
        for actor in self.actors:
            if not isinstance(actor, Watcher):
                self.did["copies"] += actor.send_copies(self.chance)
        # The answer to what comes last on a way says that what went before was heard.
        for client in (self.udp, self.tcp):
            client.request("OPTIONS", "sip:localhost")
        for actor in self.shown:
            expect_equal(actor.shown(self.server), actor.state, actor.name)
        for operator in self.operators:
            operator.check()
        for watcher in self.watchers:
            watcher.expect_told()

    def forget(self):
        """What no later round asks for."""
        live = {watcher.subscription.call_id for watcher in self.watchers if watcher.subscription}
        open_branches = {actor.open[1] for actor in self.actors if actor.open is not None}
        for client in (self.udp, self.tcp):
            client.forget(live, open_branches)
        for writer in self.writers:
            writer.forget_some(self.server)

    def rounds(self, kills):
        """Returns what was done, for the test to check that it did enough."""
        for number in range(kills):
            try:
                self.burst()
                self.start()
                self.check()
                self.forget()
            except (AssertionError, NoAnswer) as failure:
                raise AssertionError(f"in round {number}: {failure}") from failure
        for actor in self.actors:
            self.did.update(actor.did)
        for operator in self.operators:
            self.did[operator.name] = operator.count
        expect(all(self.did[actor.name] for actor in self.actors if isinstance(actor, Actor)) or kills < 100, "somebody did nothing")
        return self.did
