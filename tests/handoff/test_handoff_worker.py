"""Nothing is lost and nothing comes twice unmarked: outages, crashes, two processes at once, a stop in the middle."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import subprocess
import sys
import threading
import time

import pytest
from other_side import CLINIC, request

from nmt_guide.errors import StoreUnavailable
from nmt_guide.handoff import worker
from nmt_guide.handoff.outbox import LEASE, STUCK_AFTER, Outbox
from nmt_guide.handoff.senders import SlackSender
from nmt_guide.handoff.worker import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, Background, Courier, wait
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import ROOT

#: Longer than any test should take, in seconds.
_PATIENCE = 60


def deliver(courier):
    return asyncio.run(courier.deliver_due())


def only(outbox):
    (entry,) = outbox.entries()
    (delivery,) = entry.deliveries
    return delivery


def test_a_request_is_delivered_once(outbox, courier, mail_box):
    outbox.add(request())
    assert deliver(courier).sent == 1
    assert deliver(courier).sent == 0

    assert len(mail_box.mails) == 1
    assert outbox.pending() == []


def test_a_mail_server_that_is_down_and_back(outbox, courier, mail_box, clock):
    mail_box.stop()
    for _ in range(3):
        outbox.add(request())
    for _ in range(5):
        assert deliver(courier).sent == 0
        clock.wind(hours=1)
    assert len(outbox.pending()) == 3

    mail_box.start()
    assert deliver(courier).sent == 3
    assert len(mail_box.mails) == 3
    assert not any("duplicate" in mail["Subject"] for mail in mail_box.mails)


def test_a_server_that_is_down_is_asked_once_a_round(outbox, courier, mail_box):
    mail_box.stop()
    for _ in range(3):
        outbox.add(request())

    assert len(deliver(courier).errors) == 1


def test_a_request_that_is_refused_does_not_hold_up_the_others(outbox, courier, mail_box, clock, caplog):
    outbox.add(request())
    clock.wind(seconds=1)
    outbox.add(request(created_at=clock()))
    mail_box.answers = {"DATA": ["554 looks like spam"]}

    assert deliver(courier).sent == 1
    (left,) = outbox.pending()
    assert left.deliveries[0].stuck
    assert "554 looks like spam" in str(left.deliveries[0].last_error)
    assert any(record.levelno == logging.ERROR for record in caplog.records)

    clock.wind(seconds=LONGEST_WAIT_SECONDS)
    assert deliver(courier).sent == 1
    assert not only_of(outbox, left).stuck


def only_of(outbox, entry):
    (found,) = outbox.entries(entry.request.id)
    return found.deliveries[0]


def test_a_lost_answer_marks_the_next_try(outbox, courier, mail_box, clock):
    mail_box.answers = {"DATA": ["drop"]}
    outbox.add(request())
    deliver(courier)
    clock.wind(hours=1)
    deliver(courier)

    first, second = mail_box.mails
    assert "duplicate" not in first["Subject"]
    assert "possible duplicate" in second["Subject"]
    assert second.get_content().startswith("Possible duplicate")
    assert first["Message-ID"] == second["Message-ID"]


def test_slack_that_asks_for_patience_is_given_it(outbox, hook, clock):
    courier = Courier(outbox, (SlackSender(hook.url),), lambda: CLINIC, clock)
    hook.answers = [(429, {"Retry-After": "600"}, "")]
    outbox.add(request())
    deliver(courier)
    outbox.add(request())  # not even a new one is sent meanwhile
    clock.wind(seconds=599)
    assert deliver(courier).sent == 0
    assert len(hook.posts) == 1

    clock.wind(seconds=1)
    assert deliver(courier).sent == 2


def test_a_wait_without_end_ends(outbox, hook, clock):
    courier = Courier(outbox, (SlackSender(hook.url),), lambda: CLINIC, clock)
    hook.answers = [(503, {"Retry-After": "1e300"}, "")]
    outbox.add(request())
    deliver(courier)
    clock.wind(seconds=LONGEST_WAIT_SECONDS)

    assert deliver(courier).sent == 1


def test_slack_in_trouble_does_not_repeat_the_email(outbox, email, mail_box, hook, clock):
    courier = Courier(outbox, (email, SlackSender(hook.url)), lambda: CLINIC, clock)
    hook.answers = [(500, {}, ""), (500, {}, "")]
    outbox.add(request())
    for _ in range(3):
        deliver(courier)
        clock.wind(hours=1)

    assert len(mail_box.mails) == 1
    assert len(hook.posts) == 3
    assert outbox.pending() == []


def test_the_waits_grow_to_a_cap():
    waits = [wait(attempts, 0) for attempts in range(1, 100)]

    assert waits[:3] == [FIRST_WAIT_SECONDS, 2 * FIRST_WAIT_SECONDS, 4 * FIRST_WAIT_SECONDS]
    assert waits[-1] == max(waits) == LONGEST_WAIT_SECONDS
    assert wait(1, 1) == FIRST_WAIT_SECONDS / 2


def test_what_fails_for_days_is_stuck_visible_and_tried_on(outbox, courier, mail_box, clock):
    mail_box.stop()
    outbox.add(request())
    for _ in range(2 * STUCK_AFTER):
        deliver(courier)
        clock.wind(hours=1)
    assert only(outbox).stuck
    assert only(outbox).attempts == 2 * STUCK_AFTER

    mail_box.start()
    assert deliver(courier).sent == 1


def test_a_mistake_of_ours_costs_one_request_its_turn_not_the_others(outbox, courier, mail_box, monkeypatch):
    bad, good = outbox.add(request()), outbox.add(request())
    written = worker.notice

    def break_one(what, *args, **kwargs):
        if what.id == bad.id:
            raise KeyError("oops")
        return written(what, *args, **kwargs)

    monkeypatch.setattr(worker, "notice", break_one)

    assert deliver(courier).sent == 1
    assert [entry.request.id for entry in outbox.pending()] == [bad.id]
    assert good.id in mail_box.mails[0]["Message-ID"]


_PROCESS = """
import asyncio, os, signal, sys
from nmt_guide.handoff.outbox import Outbox
from nmt_guide.handoff.senders import EmailSender, MailServer
from nmt_guide.handoff.worker import Courier
from nmt_guide.knowledge.content import Clinic
from nmt_guide.knowledge.store import Store

url, port, die = sys.argv[1], int(sys.argv[2]), sys.argv[3]
outbox = Outbox(Store(url).engine)
if die == "after sending":
    outbox.delivered = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if die == "before sending":
    EmailSender.send = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
sender = EmailSender(MailServer("127.0.0.1", port, "none"), "bot@clinic.example", ("desk@clinic.example",))
print(asyncio.run(Courier(outbox, (sender,), lambda: Clinic(facts={})).deliver_due()).sent)
"""


def process(store, mail_box, die="never"):
    url = store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", _PROCESS, url, str(mail_box.port), die]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("die", "mails"), [("after sending", 2), ("before sending", 1)])
def test_a_process_that_is_killed_in_the_middle(store, outbox, email, mail_box, clock, die, mails):
    import datetime

    outbox.add(request())
    killed = process(store, mail_box, die)
    assert killed.wait(_PATIENCE) == -9
    killed.stdout.close()
    assert only(outbox).state == "sending"

    clock.now = datetime.datetime.now(datetime.timezone.utc) + LEASE
    assert deliver(Courier(outbox, (email,), lambda: CLINIC, clock)).sent == 1
    assert len(mail_box.mails) == mails
    assert "possible duplicate" in mail_box.mails[-1]["Subject"]
    assert len({mail["Message-ID"] for mail in mail_box.mails}) == 1
    assert outbox.pending() == []


def test_two_processes_at_once_send_each_request_once(store, outbox, mail_box):
    sent = {outbox.add(request()).id for _ in range(30)}
    running = [process(store, mail_box) for _ in range(2)]
    counts = [int(each.communicate(timeout=_PATIENCE)[0]) for each in running]

    assert sum(counts) == len(mail_box.mails) == 30
    assert {mail["Message-ID"].strip("<").partition(".")[0] for mail in mail_box.mails} == sent


class Away(Outbox):
    """An outbox whose database is away for some rounds."""

    rounds = 3

    def plan(self, *args):
        if self.rounds:
            self.rounds -= 1
            raise StoreUnavailable("The database is restarting.")
        super().plan(*args)


def until(condition):
    """Wait for something to come true."""
    end = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


async def run_until(background, condition):
    (start, _), (stop, _) = background.listeners
    await start(None, None)
    await asyncio.to_thread(until, condition)
    await stop(None, None)


def test_the_loop_survives_a_database_that_is_away_and_says_so_once(store, email, mail_box, caplog):
    outbox = Away(store.engine)
    outbox.add(request())
    asyncio.run(run_until(Background(Courier(outbox, (email,), lambda: CLINIC), 0.01), lambda: outbox.pending() == []))

    assert len(mail_box.mails) == 1
    assert caplog.text.count("The database is restarting.") == 1


def test_the_loop_survives_a_mistake_of_ours(outbox, email, monkeypatch, caplog):
    courier = Courier(outbox, (email,), lambda: CLINIC)
    outbox.add(request())
    first = [True]
    whole = courier.deliver_due

    async def break_once():
        if first.pop() if first else False:
            raise RuntimeError("oops")
        return await whole()

    monkeypatch.setattr(courier, "deliver_due", break_once)
    asyncio.run(run_until(Background(courier, 0.01), lambda: outbox.pending() == []))

    assert "oops" in caplog.text


def test_a_start_tries_at_once_what_waits_for_its_turn(outbox, courier, email, mail_box):
    mail_box.stop()
    outbox.add(request())
    deliver(courier)
    mail_box.start()
    asyncio.run(run_until(Background(Courier(outbox, (email,), lambda: CLINIC), 60), lambda: outbox.pending() == []))

    assert len(mail_box.mails) == 1


def test_a_stop_lets_the_message_that_is_on_its_way_arrive_and_begins_no_other(outbox, email, mail_box):
    begun = threading.Event()

    @dataclasses.dataclass(frozen=True)
    class Slow:
        way: str = "email"
        kinds: tuple[str, ...] = email.kinds

        async def send(self, notice):
            begun.set()
            await asyncio.sleep(0.3)
            await email.send(notice)

    for _ in range(3):
        outbox.add(request())
    asyncio.run(run_until(Background(Courier(outbox, (Slow(),), lambda: CLINIC), 60), begun.is_set))

    states = sorted(entry.deliveries[0].state for entry in outbox.entries())
    assert states == ["delivered", "new", "new"]
    assert len(mail_box.mails) == 1


def test_a_stop_does_not_wait_for_a_server_that_hangs(outbox, monkeypatch):
    monkeypatch.setattr(worker, "STOP_SECONDS", 0.1)
    begun = threading.Event()

    class Hangs:
        way = "email"
        kinds = ("call_back",)

        async def send(self, notice):
            begun.set()
            await asyncio.sleep(_PATIENCE)

    outbox.add(request())
    asyncio.run(run_until(Background(Courier(outbox, (Hangs(),), lambda: CLINIC), 60), begun.is_set))

    assert only(outbox).state == "sending"  # its claim runs out, and the next try says that it may be a duplicate


def test_the_clinics_facts_come_from_the_store(store, outbox, email, mail_box):
    from nmt_guide.knowledge.files import read_content

    store.save(read_content(ROOT / "knowledge"), "a")
    outbox.add(request())
    deliver(Courier(outbox, (email,), Store(store.url).clinic))

    assert "Harbor Lane" in mail_box.mails[0].get_content()
