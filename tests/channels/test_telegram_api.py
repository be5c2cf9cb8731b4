"""Telegram's bad days: rate limits, errors, silence."""

from __future__ import annotations

import pytest
from bot_api import TOKEN, bot_api

from nmt_guide.channels.telegram import api as api_module
from nmt_guide.channels.telegram.api import BotApi
from nmt_guide.errors import DeliveryPostponed, DeliveryRefused


@pytest.fixture
def telegram():
    with bot_api() as running:
        yield running


@pytest.fixture
async def api(telegram, monkeypatch):
    monkeypatch.setattr(api_module, "_BACK_OFF", (0.01, 0.01, 0.01))
    client = BotApi(TOKEN, telegram.url)
    yield client
    await client.close()


async def say(api, **more):
    return await api.call("sendMessage", chat_id=7, text="Hello", **more)


async def test_a_call_gives_its_result_and_leaves_out_what_is_none(api, telegram):
    assert (await say(api, message_thread_id=None))["message_id"] == 1
    assert telegram.sent(7) == [{"chat_id": 7, "text": "Hello"}]


async def test_a_short_rate_limit_is_waited_for(api, telegram):
    telegram.fail("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
    await say(api)

    assert len(telegram.sent(7)) == 1


async def test_a_long_rate_limit_is_told_with_its_seconds(api, telegram):
    telegram.fail("sendMessage", 429, "Too Many Requests: retry after 300", retry_after=300)
    with pytest.raises(DeliveryPostponed) as error:
        await say(api)

    assert error.value.seconds == 300


async def test_errors_of_the_server_are_tried_again(api, telegram):
    telegram.fail("sendMessage", 500, "Internal Server Error", times=2)
    telegram.fail("sendMessage", 502, "Bad Gateway")
    await say(api)

    assert len(telegram.sent(7)) == 1


async def test_a_server_that_stays_broken_postpones(api, telegram):
    telegram.fail("sendMessage", 500, "Internal Server Error", times=9)
    with pytest.raises(DeliveryPostponed):
        await say(api)


async def test_a_server_that_is_down_postpones(api, telegram):
    telegram.down = True
    with pytest.raises(DeliveryPostponed, match="cannot be reached"):
        await say(api)


async def test_a_client_who_blocked_the_bot_is_a_refusal(api, telegram):
    telegram.blocked.add(7)
    with pytest.raises(DeliveryRefused, match="blocked by the user") as error:
        await say(api)

    assert error.value.status == 403


async def test_a_wrong_token_names_its_setting_and_not_itself(telegram):
    client = BotApi("1:wrong-token", telegram.url)
    with pytest.raises(DeliveryPostponed, match="NMT_TELEGRAM_TOKEN") as error:
        await say(client)
    await client.close()

    assert "wrong-token" not in str(error.value)
