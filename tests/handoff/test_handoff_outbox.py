"""What is kept stays kept: through doubles, content loads, odd texts and two processes. And it goes when it must."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from other_side import NOW, request

from nmt_guide.errors import StoreUnavailable
from nmt_guide.handoff.outbox import LEASE, STUCK_AFTER, Outbox
from nmt_guide.handoff.requests import KINDS, Request
from nmt_guide.knowledge.files import read_content
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import ROOT

MAIL = {"email": KINDS}
BOTH = {"email": KINDS, "slack": KINDS}


def planned(outbox, *requests, ways=MAIL):
    for each in requests:
        outbox.add(each)
    outbox.plan(ways, NOW)


def only(outbox):
    """The one delivery of the one request."""
    (entry,) = outbox.entries()
    (delivery,) = entry.deliveries
    return delivery


def test_a_request_comes_back_as_it_was(outbox):
    added = outbox.add(request(email="ana@example.com", topic="cost", message="Größe ☎\n2 lines"))

    assert [entry.request for entry in outbox.pending()] == [added]


def test_the_same_request_twice_is_kept_once(outbox):
    first = request()
    outbox.add(first)

    assert outbox.add(request(id=first.id, message="again")) == first
    assert len(outbox.entries()) == 1


def test_the_same_request_from_many_threads_is_kept_once(outbox):
    first = request()
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(outbox.add, [first] * 12)) == {first}

    assert len(outbox.entries()) == 1


@pytest.mark.parametrize("message", ["a\0b", "\ud800", "x" * 100_000, "a\r\nb", "☎" * 500], ids=ascii)
def test_odd_texts_are_kept(outbox, message):
    outbox.add(request(message=message, conversation="c" * 300, topic="t" * 300))

    assert len(outbox.entries()) == 1


def test_contact_details_without_consent_are_refused():
    with pytest.raises(ValueError, match="consent"):
        request(consent=False)


def test_an_urgent_notice_needs_no_consent_and_holds_nothing_of_the_clients():
    urgent = Request(kind="urgent", conversation="c", channel="rest", flag="rf_stroke", created_at=NOW)

    assert (urgent.consent, urgent.message) == (False, None)


@pytest.mark.parametrize("fields", [{"kind": "fan mail"}, {"created_at": NOW.replace(tzinfo=None)}])
def test_a_request_that_means_nothing_is_refused(fields):
    with pytest.raises(ValueError, match=r"kind of request|time zone"):
        request(**fields)


def test_loading_content_leaves_requests_alone(store, outbox):
    outbox.add(request())
    store.save(read_content(ROOT / "knowledge"), "a")

    assert len(outbox.entries()) == 1


def test_nothing_is_due_before_a_way_is_set_up(outbox):
    planned(outbox, request(), ways={})

    assert outbox.due("email", NOW) == []
    assert len(outbox.pending()) == 1


def test_what_was_kept_meanwhile_goes_out_once_a_way_is_set_up(outbox):
    planned(outbox, request(), ways={})
    outbox.plan(MAIL, NOW)

    assert len(outbox.due("email", NOW)) == 1


def test_urgent_ones_go_first_then_the_oldest(outbox):
    late = request(created_at=NOW)
    early = request(created_at=NOW - timedelta(hours=1))
    urgent = Request(kind="urgent", conversation="c", channel="rest", flag="rf_stroke", created_at=NOW)
    planned(outbox, late, early, urgent)

    assert outbox.due("email", NOW) == [urgent.id, early.id, late.id]


def test_a_request_is_claimed_once(outbox):
    planned(outbox, request())
    (found,) = outbox.due("email", NOW)
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: outbox.claim(found, "email", NOW), range(12)))

    assert sum(claim is not None for claim in claims) == 1
    assert outbox.due("email", NOW) == []


def test_a_claim_that_ran_out_is_taken_over_as_a_possible_duplicate(outbox):
    planned(outbox, request())
    (found,) = outbox.due("email", NOW)
    dead = outbox.claim(found, "email", NOW)
    later = NOW + LEASE
    assert outbox.claim(found, "email", later - timedelta(seconds=1)) is None

    taken = outbox.claim(found, "email", later)
    assert not dead.maybe_sent
    assert taken.maybe_sent

    outbox.failed(dead, later, "too late", refused=False, maybe_sent=False)  # the dead one was only slow
    assert only(outbox).state == "sending"
    outbox.delivered(taken, later)
    assert only(outbox).state == "delivered"
    assert outbox.pending() == []


def test_a_failure_waits_for_its_turn_and_says_why(outbox):
    planned(outbox, request())
    claim = outbox.claim(outbox.due("email", NOW)[0], "email", NOW)
    outbox.failed(claim, NOW + timedelta(seconds=30), "down", refused=False, maybe_sent=False)

    assert outbox.due("email", NOW + timedelta(seconds=29)) == []
    assert len(outbox.due("email", NOW + timedelta(seconds=30))) == 1
    assert only(outbox).last_error == "down"
    outbox.hurry(NOW)
    assert len(outbox.due("email", NOW)) == 1


def test_hurrying_does_not_take_what_is_being_sent(outbox):
    planned(outbox, request())
    outbox.claim(outbox.due("email", NOW)[0], "email", NOW)
    outbox.hurry(NOW)

    assert outbox.due("email", NOW) == []


def test_once_maybe_sent_always_maybe_sent(outbox):
    planned(outbox, request())
    (found,) = outbox.due("email", NOW)
    outbox.failed(outbox.claim(found, "email", NOW), NOW, "lost", refused=False, maybe_sent=True)
    outbox.failed(outbox.claim(found, "email", NOW), NOW, "down", refused=False, maybe_sent=False)

    assert outbox.claim(found, "email", NOW).maybe_sent


def test_many_failures_are_stuck_and_go_on(outbox):
    planned(outbox, request())
    (found,) = outbox.due("email", NOW)
    for _ in range(STUCK_AFTER):
        assert not only(outbox).stuck
        outbox.failed(outbox.claim(found, "email", NOW), NOW, "down", refused=False, maybe_sent=False)

    assert only(outbox).stuck
    assert outbox.due("email", NOW) == [found]


def test_one_way_does_not_wait_for_the_other(outbox):
    planned(outbox, request(), ways=BOTH)
    (found,) = outbox.due("email", NOW)
    outbox.delivered(outbox.claim(found, "email", NOW), NOW)

    assert outbox.due("email", NOW) == []
    assert outbox.due("slack", NOW) == [found]
    assert len(outbox.pending()) == 1


def test_a_way_that_is_added_later_gets_nothing_old(outbox):
    planned(outbox, request())
    outbox.delivered(outbox.claim(outbox.due("email", NOW)[0], "email", NOW), NOW)
    outbox.plan(BOTH, NOW)

    assert outbox.due("slack", NOW) == []


def test_a_way_that_is_switched_off_hands_over_what_it_did_not_deliver(outbox):
    planned(outbox, request())
    outbox.plan({"slack": KINDS}, NOW)

    assert len(outbox.due("slack", NOW)) == 1


def test_two_processes_may_plan_at_once(outbox):
    for _ in range(5):
        outbox.add(request())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: outbox.plan(BOTH, NOW), range(8)))

    assert all(len(entry.deliveries) == 2 for entry in outbox.entries())


def test_a_way_gets_only_its_kinds(outbox):
    planned(outbox, request(kind="complaint"), ways={"email": KINDS, "slack": ["question"]})

    assert [delivery.way for delivery in outbox.entries()[0].deliveries] == ["email"]


def test_what_is_done_is_not_sent(outbox):
    planned(outbox, request())
    (entry,) = outbox.entries()

    assert outbox.done(entry.request.id, NOW)
    assert not outbox.done("nothing", NOW)
    assert outbox.due("email", NOW) == []
    assert outbox.pending() == []


def test_a_person_is_forgotten_and_others_are_not(outbox):
    planned(outbox, request(), request(), request(conversation="c2"))

    assert outbox.forget("c1") == 2
    assert [entry.request.conversation for entry in outbox.entries()] == ["c2"]
    assert outbox.forget("c1") == 0


def test_what_was_forgotten_while_it_was_sent_stays_forgotten(outbox):
    planned(outbox, request())
    claim = outbox.claim(outbox.due("email", NOW)[0], "email", NOW)
    outbox.forget("c1")
    outbox.delivered(claim, NOW)

    assert outbox.entries() == []
    assert outbox.claim(claim.request.id, "email", NOW) is None


def test_old_requests_are_purged_whatever_became_of_them(outbox):
    planned(outbox, request(created_at=NOW - timedelta(days=400)), request())

    assert outbox.purge(NOW - timedelta(days=365)) == 1
    assert len(outbox.entries()) == 1


def test_a_request_is_found_by_the_beginning_of_its_id(outbox):
    added = outbox.add(request())
    outbox.add(request())

    assert [entry.request for entry in outbox.entries(added.id[:8])] == [added]
    assert outbox.entries("%") == []


def test_a_database_that_is_away_says_so_without_the_password():
    outbox = Outbox(Store("postgresql://nmt:secret@127.0.0.1:1/nmt").engine)

    with pytest.raises(StoreUnavailable, match="outbox at postgresql") as caught:
        outbox.add(request())
    assert "secret" not in str(caught.value)
