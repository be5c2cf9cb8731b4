"""Settings of the hand-off: a wrong one names itself, and none at all is said."""

from __future__ import annotations

import pytest
from other_side import request

from nmt_guide.errors import SetupError
from nmt_guide.handoff.senders import EmailSender, MailServer, SlackSender
from nmt_guide.handoff.wiring import courier, forget, outbox, senders, status
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import Settings

MAIL = {"NMT_SMTP_URL": "smtps://desk%40clinic.example@mail.example", "NMT_SMTP_PASSWORD": "secret"}
STAFF = {"NMT_STAFF_EMAIL": "desk@clinic.example, boss@clinic.example"}
HOOK = {"NMT_STAFF_SLACK_WEBHOOK": "https://hooks.example/services/x"}


def ways(*environments):
    return senders(Settings({name: value for each in environments for name, value in each.items()}))


def test_nothing_set_notifies_nobody_and_says_so():
    assert ways() == ()
    assert "not notified" in status(ways())
    assert "handoff list" in status(ways())


def test_email():
    (email,) = ways(MAIL, STAFF)

    assert isinstance(email, EmailSender)
    assert email.server == MailServer("mail.example", 465, "tls", "desk@clinic.example", "secret")
    assert email.staff == ("desk@clinic.example", "boss@clinic.example")
    assert email.sender == "desk@clinic.example"
    assert status((email,)) == "Staff: notified by email."


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, "starttls")),
        ("smtp://mail.example:2525", MailServer("mail.example", 2525, "starttls")),
        ("smtp-plain://localhost", MailServer("localhost", 25, "none")),
        ("smtp://u:p%40ss@mail.example", MailServer("mail.example", 587, "starttls", "u", "p@ss")),
    ],
)
def test_addresses_of_mail_servers(url, server):
    assert ways(STAFF, {"NMT_SMTP_URL": url})[0].server == server


def test_a_secret_may_stand_in_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("https://hooks.example/y\n")

    assert ways({"NMT_STAFF_SLACK_WEBHOOK_FILE": str(file)}) == (
        SlackSender("https://hooks.example/y", kinds=ways(HOOK)[0].kinds),
    )


def test_complaints_stay_out_of_the_channel_when_there_is_an_email():
    assert "complaint" in ways(HOOK)[0].kinds
    email, slack = ways(MAIL, STAFF, HOOK)

    assert "complaint" in email.kinds
    assert "complaint" not in slack.kinds


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (MAIL, "NMT_STAFF_EMAIL"),
        (STAFF, "NMT_SMTP_URL"),
        ({**STAFF, "NMT_SMTP_URL": "mail.example"}, "NMT_SMTP_URL must be like"),
        ({**STAFF, "NMT_SMTP_URL": "https://mail.example"}, "NMT_SMTP_URL must be like"),
        ({**STAFF, "NMT_SMTP_URL": "smtp://"}, "NMT_SMTP_URL must be like"),
        ({**STAFF, "NMT_SMTP_URL": "smtp://h:99999"}, "port"),
        ({**STAFF, "NMT_SMTP_URL": "smtp://u@h"}, "NMT_SMTP_PASSWORD"),
        ({**STAFF, "NMT_SMTP_URL": "smtp-plain://u:p@h"}, "encryption"),
        ({**MAIL, "NMT_STAFF_EMAIL": "desk"}, "NMT_STAFF_EMAIL: 'desk'"),
        ({**MAIL, "NMT_STAFF_EMAIL": ","}, "NMT_STAFF_EMAIL"),
        ({**MAIL, **STAFF, "NMT_MAIL_FROM": "a@b\nBcc: c@d"}, "NMT_MAIL_FROM"),
        ({**MAIL, **STAFF, "NMT_SMTP_PASSWORD_FILE": "/nothing/here"}, "NMT_SMTP_PASSWORD_FILE: /nothing/here"),
        ({"NMT_STAFF_SLACK_WEBHOOK": "hooks.example"}, "NMT_STAFF_SLACK_WEBHOOK"),
        ({"NMT_STAFF_SLACK_WEBHOOK_FILE": "/nothing/here"}, "NMT_STAFF_SLACK_WEBHOOK_FILE"),
    ],
)
def test_a_wrong_setting_is_named(settings, named):
    with pytest.raises(SetupError) as caught:
        ways(settings)
    assert named in str(caught.value)
    assert "secret" not in str(caught.value)


def test_outbox_and_courier_work_on_the_stores_database(tmp_path):
    settings = Settings({"NMT_VAR_DIR": str(tmp_path), **HOOK})
    Store(settings.database_url).migrate()
    kept = outbox(settings)
    kept.add(request())

    assert len(courier(settings).senders) == 1
    forget(settings, "c1")
    assert kept.entries() == []
