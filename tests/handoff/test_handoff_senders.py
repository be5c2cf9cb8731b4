"""A mail server and a web hook that are down, slow, refusing, dropping: what each failure means for the next try."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import socket
import ssl
import threading

import pytest
import trustme
from aiosmtpd.smtp import AuthResult
from other_side import CLINIC, request
from processes import free_port

from nmt_guide.errors import DeliveryPostponed, DeliveryRefused
from nmt_guide.handoff.notices import Notice, notice
from nmt_guide.handoff.senders import MailServer, SlackSender

NOTICE = notice(request(email="ana@example.com"), CLINIC)


@pytest.fixture(autouse=True)
def _pythons_own_loop():
    """Not uvloop, which an imported Sanic makes the default: it cannot end a loop in which a connection still says its
    encrypted goodbye. The assistant's own loop goes on meanwhile."""
    before = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
    yield
    asyncio.set_event_loop_policy(before)


def postponed(sender, what=NOTICE):
    with pytest.raises(DeliveryPostponed) as caught:
        asyncio.run(sender.send(what))
    return caught.value


def refused(sender, what=NOTICE):
    with pytest.raises(DeliveryRefused) as caught:
        asyncio.run(sender.send(what))
    return str(caught.value)


def test_an_email_arrives_whole(mail_box, email):
    asyncio.run(email.send(notice(request(message="Größe ☎\n.\n..\n" + "x" * 2000, email="ana@example.com"), CLINIC)))

    (mail,) = mail_box.mails
    text = mail.get_content().replace("\r\n", "\n")
    assert mail_box.recipients == [["desk@clinic.example"]]
    assert "> Größe ☎\n> .\n> ..\n> " + "x" * 2000 in text
    assert mail["Reply-To"] == "ana@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]


def test_the_same_request_has_the_same_message_id(mail_box, email):
    asyncio.run(email.send(NOTICE))
    asyncio.run(email.send(dataclasses.replace(NOTICE, subject="(possible duplicate)")))

    assert mail_box.mails[0]["Message-ID"] == mail_box.mails[1]["Message-ID"] == f"<{NOTICE.id}.handoff@clinic.example>"


def test_an_urgent_email_is_marked(mail_box, email):
    asyncio.run(email.send(dataclasses.replace(NOTICE, urgent=True)))

    assert mail_box.mails[0]["Importance"] == "high"


def test_a_complaint_goes_to_who_answers_them_alone(mail_box, email):
    asyncio.run(email.send(dataclasses.replace(NOTICE, to="boss@clinic.example")))

    assert mail_box.recipients == [["boss@clinic.example"]]


@pytest.mark.parametrize(
    "evil",
    [
        "ana@example.com\r\nBcc: all@example.com",
        "ana@example.com, all@example.com",
        "ana@example.com\n\nhello",
        "ana",
        "",
        "<ana@example.com>\r\n",
    ],
)
def test_no_header_can_be_brought_in(mail_box, email, evil):
    what = dataclasses.replace(NOTICE, reply_to=evil)
    try:
        asyncio.run(email.send(what))
    except DeliveryRefused:
        assert mail_box.mails == []
        return
    (mail,) = mail_box.mails
    assert "Bcc" not in mail
    assert mail["Reply-To"] is None


def test_an_address_in_other_letters_costs_only_the_reply_header(mail_box, email):
    asyncio.run(email.send(dataclasses.replace(NOTICE, reply_to="änä@exämple.de")))

    assert mail_box.mails[0]["Reply-To"] is None


def test_a_mail_server_that_is_down(mail_box, email):
    mail_box.stop()
    error = postponed(email)

    assert not error.maybe_sent
    assert f"127.0.0.1:{mail_box.port}" in str(error)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_mail_server_that_says_later(mail_box, email, command):
    mail_box.answers = {command: ["451 4.7.1 greylisted, come again"]}
    error = postponed(email)

    assert "451 4.7.1 greylisted" in str(error)
    assert not error.maybe_sent
    asyncio.run(email.send(NOTICE))
    assert len(mail_box.mails) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_mail_server_that_says_no(mail_box, email, command):
    mail_box.answers = {command: ["550 5.7.1 we do not take this"]}

    assert "550 5.7.1 we do not take this" in refused(email)


def test_one_bad_address_does_not_cost_the_others_theirs(mail_box, email, caplog):
    both = dataclasses.replace(email, staff=("gone@clinic.example", "desk@clinic.example"))
    mail_box.answers = {"gone@clinic.example": ["550 no such user"]}
    asyncio.run(both.send(NOTICE))

    assert mail_box.recipients == [["desk@clinic.example"]]
    assert "gone@clinic.example" in caplog.text


def test_a_connection_lost_after_the_email_may_have_brought_it(mail_box, email):
    mail_box.answers = {"DATA": ["drop"]}

    assert postponed(email).maybe_sent


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_does_not_come_may_have_brought_it(mail_box, email):
    mail_box.answers = {"DATA": ["mute"]}

    assert postponed(email).maybe_sent


@pytest.mark.usefixtures("impatient")
def test_a_server_that_takes_the_call_and_says_nothing(email):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = dataclasses.replace(email, server=MailServer("127.0.0.1", silent.getsockname()[1], "none"))

        assert not postponed(sender).maybe_sent


def test_a_server_that_hangs_up_in_the_middle_of_the_email(email):
    # Says what it must until the e-mail comes, reads a little of it, and is gone.
    def talk() -> None:
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 hello\r\n")
            for line in lines:
                if line.startswith(b"DATA"):
                    connection.sendall(b"354 go on\r\n")
                    lines.readline()
                    return
                connection.sendall(b"250 fine\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=talk)
        thread.start()
        sender = dataclasses.replace(email, server=MailServer("127.0.0.1", server.getsockname()[1], "none"))
        big = dataclasses.replace(NOTICE, body="x" * 3_000_000)

        assert postponed(sender, big).maybe_sent
        thread.join()


@pytest.fixture
def tls(mail_box, tmp_path, monkeypatch):
    """The server's side of a certificate that this process trusts."""
    authority = trustme.CA()
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    yield context
    mail_box.stop()
    gc.collect()  # what the server leaves behind comes out here, in a test that expects it


#: The tests' mail server forgets to close what was encrypted, on Python 3.10.
leaky_server = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def check_login(server, session, envelope, mechanism, given):
    return AuthResult(success=(given.login, given.password) == (b"desk", b"right"), handled=False)


def with_login(email, box, tls="starttls", password="right"):
    return dataclasses.replace(email, server=MailServer("localhost", box.port, tls, "desk", password))


@leaky_server
def test_starttls_and_a_password(mail_box, email, tls):
    mail_box.stop()
    mail_box.start(tls_context=tls, authenticator=check_login, auth_required=True)
    asyncio.run(with_login(email, mail_box).send(NOTICE))

    assert len(mail_box.mails) == 1
    assert "535" in refused(with_login(email, mail_box, password="wrong"))


@leaky_server
def test_tls_from_the_first_byte(mail_box, email, tls):
    mail_box.stop()
    mail_box.start(ssl_context=tls, authenticator=check_login, auth_require_tls=False)
    asyncio.run(with_login(email, mail_box, "tls").send(NOTICE))

    assert len(mail_box.mails) == 1


def test_without_the_encryption_that_is_set_nothing_is_sent(mail_box, email):
    assert "STARTTLS" in str(postponed(with_login(email, mail_box)))
    assert mail_box.mails == []


@leaky_server
def test_a_server_that_nobody_vouches_for_gets_nothing(mail_box, email, tls, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    mail_box.stop()
    mail_box.start(tls_context=tls)

    assert "certificate" in str(postponed(with_login(email, mail_box))).lower()
    assert mail_box.mails == []


def test_a_post_arrives(hook, slack):
    asyncio.run(slack.send(NOTICE))

    (post,) = hook.posts
    assert "Please call back" in post["text"]
    assert "+15125550123" in post["text"]


def test_a_post_calls_nobody_and_links_nowhere(hook, slack):
    asyncio.run(slack.send(notice(request(message="<!channel> & <https://evil.example|your bank>"), CLINIC)))

    assert "<" not in hook.posts[0]["text"]
    assert "&lt;!channel&gt; &amp; " in hook.posts[0]["text"]


def test_a_hook_that_is_asked_too_often_names_the_wait(hook, slack):
    hook.answers = [(429, {"Retry-After": "17"}, "rate_limited")]

    assert postponed(slack).seconds == 17


@pytest.mark.parametrize("value", ["", "soon", "-3", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_wait_that_means_nothing_is_none(hook, slack, value):
    hook.answers = [(429, {"Retry-After": value}, "")]

    assert postponed(slack).seconds == 0


@pytest.mark.parametrize(("status", "maybe_sent"), [(500, False), (503, False), (408, False), (502, True), (504, True)])
def test_a_hook_in_trouble(hook, slack, status, maybe_sent):
    hook.answers = [(status, {}, "trouble")]

    assert postponed(slack).maybe_sent is maybe_sent


@pytest.mark.parametrize("status", [302, 400, 403, 404, 410])
def test_a_hook_that_says_no(hook, slack, status):
    hook.answers = [(status, {}, "no_service")]

    assert f"{status} no_service" in refused(slack)


def test_a_hook_that_hangs_up_may_have_taken_it(hook, slack):
    hook.answers = [(0, {}, "")]

    assert postponed(slack).maybe_sent


def test_a_hook_that_is_down():
    assert not postponed(SlackSender(f"http://127.0.0.1:{free_port()}/services/x")).maybe_sent


def test_the_address_of_the_hook_is_never_told(hook, slack, caplog):
    caplog.set_level(logging.INFO)
    hook.answers = [(200, {}, "ok"), (404, {}, "no_service"), (0, {}, "")]
    asyncio.run(slack.send(NOTICE))

    said = [refused(slack), str(postponed(slack)), caplog.text]
    assert not any("services" in text for text in said)


def test_a_notice_can_be_bare(mail_box, email):
    asyncio.run(email.send(Notice(id="1", subject="Test", body="Test\n")))

    assert mail_box.mails[0].get_content().strip() == "Test"
