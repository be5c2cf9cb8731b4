"""The table of the server benchmark."""

from benchmarks.serving import AT_ONCE, table

FIGURES = {
    "ready_s": 6.04,
    "resident_mb": 450.0,
    "resident_after_mb": 460.0,
    "turn_ms": {"2": 7.0, "50": 7.1},
    "at_once": {str(n): {"p50_ms": 8.0, "p99_ms": 16.0, "per_second": 120.0} for n in AT_ONCE},
}


def test_a_conversation_that_was_too_short_has_no_figure():
    lines = table({"ours": FIGURES, "stock": FIGURES}).splitlines()

    assert "| start to ready, s | 6.0 | 6.0 |" in lines
    assert "| ms at turn 50 | 7.1 | 7.1 |" in lines
    assert "| ms at turn 500 | - | - |" in lines
    assert "| 64 at once: a second | 120.0 | 120.0 |" in lines
