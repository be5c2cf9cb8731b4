"""A whole server under load, ours beside stock Rasa around the same model: `python -m benchmarks.serving`.

Time from start to ready, memory, latency by turn number of one conversation, latency and throughput by how many
clients ask at once. Both run with the model of `models/`, so that what differs is all that is around it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from nmt_guide.server.build import quiet_environment
from nmt_guide.settings import ROOT, Settings

QUESTIONS = (
    "Does it hurt?",
    "How many sessions do I need?",
    "What should I wear?",
    "how much is it",
    "can you help with sciatica",
    "what about migraines",
    "is it safe with blood thinners",
)
TURNS = (2, 50, 200, 500)
AT_ONCE = (1, 8, 32, 64)
_READY_SECONDS = 300
_AROUND = 5  # turns before and after, of which the median is told


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _processes(variant: str, folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The server's address and its processes: the assistant, and for stock Rasa the action server."""
    port, actions = _port(), _port()
    (folder / "encoder").symlink_to((Settings().var_dir / "encoder").resolve())
    environment = {**quiet_environment(), "PYTHONPATH": str(ROOT), "NMT_VAR_DIR": str(folder), "NMT_PORT": str(port)}
    commands = [[sys.executable, "-m", "nmt_guide", "serve"]]
    if variant == "stock":
        subprocess.run(
            [sys.executable, "-m", "nmt_guide", "content", "load"], cwd=ROOT, env=environment, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        endpoints = folder / "endpoints.yml"
        endpoints.write_text(
            f"action_endpoint: {{url: 'http://127.0.0.1:{actions}/webhook'}}\n"
            f"tracker_store: {{type: SQL, dialect: sqlite, db: '{folder / 'conversations.db'}'}}\n"
        )
        rasa = [sys.executable, "-m", "rasa", "run"]
        model = str(Settings().model_dir / "nmt-guide.tar.gz")
        commands = [
            [*rasa, "actions", "--actions", "actions", "--port", str(actions)],
            [*rasa, "--port", str(port), "-i", "127.0.0.1", "--endpoints", str(endpoints), "--model", model],
        ]
    with (folder / "log").open("wb") as log:
        started = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) for command in commands]
        try:
            yield f"http://127.0.0.1:{port}", started
        finally:
            for process in started:
                process.send_signal(signal.SIGTERM)
            for process in started:
                process.wait(60)


async def measure(variant: str, turns: int, messages: int) -> dict[str, Any]:
    """All figures of one variant.

    Args:
        variant: ``ours`` or ``stock``.
        turns: how long the long conversation gets.
        messages: how many are sent for each number of clients at once.
    """
    with tempfile.TemporaryDirectory(prefix="serving-") as name:
        begin = time.perf_counter()
        with _processes(variant, Path(name)) as (url, processes):
            async with httpx.AsyncClient(base_url=url, timeout=120) as client:
                await _ready(client, processes, Path(name) / "log")
                figures: dict[str, Any] = {"ready_s": time.perf_counter() - begin}
                await _say(client, uuid.uuid4().hex, 0)
                figures["resident_mb"] = _resident_mb(processes)
                figures["at_once"] = {str(n): await _load(client, n, messages) for n in AT_ONCE}
                figures["turn_ms"] = await _long_conversation(client, turns)
                figures["resident_after_mb"] = _resident_mb(processes)
    return figures


async def _ready(client: httpx.AsyncClient, processes: list[subprocess.Popen[bytes]], log: Path) -> None:
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        if any(process.poll() is not None for process in processes):
            raise SystemExit(f"A process ended at its start:\n{_end_of(log)}")
        try:
            await client.get("/webhooks/rest/")
            return
        except httpx.TransportError:
            await asyncio.sleep(0.05)
    raise SystemExit(f"Not ready after {_READY_SECONDS} s.")


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


async def _say(client: httpx.AsyncClient, sender: str, number: int) -> float:
    """Milliseconds to the answer of one message."""
    begin = time.perf_counter()
    body = {"sender": sender, "message": QUESTIONS[number % len(QUESTIONS)]}
    reply = await client.post("/webhooks/rest/webhook", json=body)
    spent = 1000 * (time.perf_counter() - begin)
    if reply.status_code != 200 or not reply.json():
        raise SystemExit(f"No answer: {reply.status_code} {reply.text[:200]}")
    return spent


async def _load(client: httpx.AsyncClient, at_once: int, messages: int) -> dict[str, float]:
    """Latency and throughput of new conversations, so many at once."""
    spent: list[float] = []
    numbers = iter(range(messages))

    async def one_client() -> None:
        for number in numbers:
            spent.append(await _say(client, uuid.uuid4().hex, number))

    begin = time.perf_counter()
    await asyncio.gather(*(one_client() for _ in range(at_once)))
    seconds = time.perf_counter() - begin
    spent.sort()
    return {
        "p50_ms": spent[len(spent) // 2],
        "p99_ms": spent[int(len(spent) * 0.99)],
        "per_second": messages / seconds,
    }


async def _long_conversation(client: httpx.AsyncClient, turns: int) -> dict[str, float]:
    sender = uuid.uuid4().hex
    spent = [await _say(client, sender, number) for number in range(turns)]
    medians = {}
    for turn in TURNS:
        around = sorted(spent[max(turn - _AROUND, 1) : turn + _AROUND])
        if turn <= turns:
            medians[str(turn)] = around[len(around) // 2]
    return medians


def _resident_mb(processes: list[subprocess.Popen[bytes]]) -> float:
    total = 0.0
    for process in processes:
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        total += next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))
    return total


def table(measured: dict[str, dict[str, Any]]) -> str:
    """The figures as a Markdown table, one column for each variant."""
    rows = [("start to ready, s", lambda f: f["ready_s"]), ("resident, MB", lambda f: f["resident_mb"])]
    rows.append(("resident after the load, MB", lambda f: f["resident_after_mb"]))
    for turn in TURNS:
        rows.append((f"ms at turn {turn}", lambda f, turn=turn: f["turn_ms"].get(str(turn))))
    for n in AT_ONCE:
        for key, title in (("p50_ms", "ms, half below"), ("p99_ms", "ms, 99 % below"), ("per_second", "a second")):
            rows.append((f"{n} at once: {title}", lambda f, n=n, key=key: f["at_once"][str(n)][key]))
    lines = ["| | " + " | ".join(measured) + " |", "|" + "---|" * (len(measured) + 1)]
    for title, value in rows:
        cells = [value(figures) for figures in measured.values()]
        lines.append(f"| {title} | " + " | ".join("-" if cell is None else f"{cell:.1f}" for cell in cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure the variants one after the other, and print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.serving", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=("ours", "stock"), default=("ours", "stock"))
    parser.add_argument("--turns", type=int, default=500, help="length of the long conversation")
    parser.add_argument("--messages", type=int, default=400, help="messages for each number of clients at once")
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    args = parser.parse_args()
    os.chdir(ROOT)
    measured = {name: asyncio.run(measure(name, args.turns, args.messages)) for name in args.only}
    print(table(measured))
    if args.out:
        args.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
