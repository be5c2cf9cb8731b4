"""More messages than the machine can do."""

import pytest

from nmt_guide.errors import TooBusy
from nmt_guide.server.load import Gate


def test_one_too_many_is_told_when_to_come_back():
    gate = Gate(2)
    with gate.message(), gate.message():
        with pytest.raises(TooBusy) as refused:
            gate.check()
        assert refused.value.retry_seconds > 0

    gate.check()
    assert gate.at_work == 0
    assert gate.refused == 1


def test_a_failed_message_makes_room_again():
    gate = Gate(1)
    with pytest.raises(ValueError, match="wrong"), gate.message():
        raise ValueError("wrong")

    gate.check()
