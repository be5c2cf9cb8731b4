"""What a serving process does with threads and memory."""

from threadpoolctl import threadpool_info, threadpool_limits

from nmt_guide.server import serve


def test_products_of_matrices_are_computed_by_one_thread():
    with threadpool_limits():  # puts back what was
        serve._one_thread_for_products()

        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        assert pools
        assert {pool["num_threads"] for pool in pools} == {1}


async def test_a_system_without_the_call_keeps_its_memory(monkeypatch):
    await serve._give_back_memory(None, None)
    monkeypatch.setattr(serve.ctypes, "CDLL", lambda name: object())
    await serve._give_back_memory(None, None)
