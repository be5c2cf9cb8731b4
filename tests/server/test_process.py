"""What a serving process does with threads and memory."""

import gc

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nmt_guide.server import serve


def test_products_of_matrices_are_computed_by_one_thread():
    with threadpool_limits():  # puts back what was
        serve._one_thread_for_products()

        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        assert pools
        assert {pool["num_threads"] for pool in pools} == {1}


@pytest.fixture
def unfrozen():
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("unfrozen")
async def test_a_system_without_the_call_keeps_its_memory(monkeypatch):
    await serve._tidy_memory(None, None)
    monkeypatch.setattr(serve.ctypes, "CDLL", lambda name: object())
    await serve._tidy_memory(None, None)


@pytest.mark.usefixtures("unfrozen")
async def test_what_was_loaded_is_not_searched_for_garbage_again():
    before = gc.get_freeze_count()
    kept = [object(), []]
    await serve._tidy_memory(None, None)

    assert gc.get_freeze_count() > before
    assert not any(kept is one for one in gc.get_objects())
