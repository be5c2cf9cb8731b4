"""Whole servers under load, ours beside stock Rasa: `python -m benchmarks.serving`. One command, one report.

All variants are up at once and are measured in turn, a block of messages each, so that whatever else the machine does
meets all of them. Read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import servers, stock
from benchmarks.history import prolong
from benchmarks.load import Block, Clients
from benchmarks.material import examples
from benchmarks.servers import Server, Services
from benchmarks.serving_report import write
from nmt_guide.errors import NMTGuideError
from nmt_guide.settings import ROOT

VARIANTS = ("ours", "ours-postgresql", "ours-two", "lean", "recommended", "lean-postgresql", "stock-around-ours")
#: Those without `--only`: the others tell what a part of ours does.
_USUAL = VARIANTS[:5]
_NEED_SERVICES = ("ours-postgresql", "ours-two", "lean-postgresql")
TURNS = (2, 50, 200, 500)
AT_ONCE = (1, 8, 32, 64)


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        rounds: how often the variants take their turns.
        messages: of a block, or one for each client; of fewer, the slowest alone would be the 99th percentile.
        repeats: messages for each length of a conversation, in each round.
        flood_seconds: how long more clients ask than the server can take.
        flood_clients: how many.
        soak: messages of the soak; 0: none.
        epochs: of the recommended configuration's training.
    """

    rounds: int = 4
    messages: int = 100
    repeats: int = 3
    flood_seconds: float = 20.0
    flood_clients: int = 300
    soak: int = 0
    epochs: int = stock.EPOCHS


_QUICK = Sizes(rounds=1, messages=8, repeats=1, flood_seconds=2.0, epochs=3)


def questions(seed: int = 1) -> list[str]:
    """What is asked: examples of the stock variants' topics that they were not trained with, shuffled."""
    trained = stock.subset()
    topics, seen = {label for _, label in trained if label.startswith("faq/")}, {text for text, _ in trained}
    texts = [text for text, label in examples() if label in topics and text not in seen]
    random.Random(seed).shuffle(texts)
    return texts


def start(name: str, folder: Path, projects: Path, services: Services | None) -> AbstractContextManager[Server]:
    """A variant, ready."""
    if name == "ours":
        return servers.ours(name, folder)
    if name == "ours-postgresql":
        return servers.ours(name, folder, services)
    if name == "ours-two":
        return servers.ours(name, folder, services, replicas=2)
    if name == "stock-around-ours":
        return servers.stock_around_ours(name, folder)
    kind, _, on_postgresql = name.partition("-")
    return servers.stock(name, folder, projects / kind, services if on_postgresql else None)


async def measure(started: Sequence[Server], sizes: Sizes, texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Latency, throughput and memory of servers that are up, in turn."""
    figures: dict[str, dict[str, Any]] = {}
    blocks = {(server.name, n): Block() for server in started for n in AT_ONCE}
    turns: dict[tuple[str, int], Block] = {(server.name, turn): Block() for server in started for turn in TURNS}
    talks: dict[str, dict[int, str]] = {}
    for server in started:
        figures[server.name] = {"ready_s": server.ready_s, "unanswered": 0}
        async with Clients(server.urls, texts) as clients:
            figures[server.name]["first_ms"] = await clients.say(uuid.uuid4().hex)
            talks[server.name] = await _long_talks(server, clients)
            for _ in range(2 * len(server.urls)):
                await clients.say(uuid.uuid4().hex)
        figures[server.name]["resident_mb"] = server.resident_mb()
    for number in range(sizes.rounds):
        _say(f"round {number + 1} of {sizes.rounds} ...")
        # The same texts for all variants, and others in each block.
        random.Random(number).shuffle(asked := list(texts))
        for at_once in AT_ONCE:
            messages = max(sizes.messages, at_once)
            for server in started:
                async with Clients(server.urls, asked) as clients:
                    block = await clients.block(at_once, messages, server.processor_s)
                blocks[server.name, at_once].add(block)
                figures[server.name]["unanswered"] += clients.unanswered
            asked = asked[messages:] + asked[:messages]
        for server in started:
            async with Clients(server.urls, asked) as clients:
                for _ in range(sizes.repeats):
                    for turn, sender in talks[server.name].items():
                        turns[server.name, turn].latencies.append(await clients.say(sender))
                figures[server.name]["unanswered"] += clients.unanswered
    for server in started:
        own = figures[server.name]
        own["at_once"] = {str(n): blocks[server.name, n].figures() for n in AT_ONCE}
        own["turn_ms"] = {str(turn): _median(turns[server.name, turn].latencies) for turn in TURNS}
        own["resident_after_mb"] = server.resident_mb()
    return figures


async def _long_talks(server: Server, clients: Clients) -> dict[int, str]:
    """Conversations whose next messages are about the turns of `TURNS`; one message of each is said already."""
    spoken = uuid.uuid4().hex
    await clients.say(spoken)
    await clients.say(spoken)
    names = {turn: uuid.uuid4().hex for turn in TURNS}
    prolong(server.database, spoken, {name: max(1, turn - 2) for turn, name in names.items()})
    for name in names.values():
        await clients.say(name)
    return names


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


async def edge(folder: Path, sizes: Sizes, texts: Sequence[str]) -> dict[str, Any]:
    """What ours does beyond its capacity, and over a long time."""
    figures: dict[str, Any] = {}
    with servers.ours("edge", folder) as server:
        async with Clients(server.urls, texts) as clients:
            await clients.block(8, 50, server.processor_s)
            calm = await clients.block(8, 2 * sizes.messages, server.processor_s)
            alone = await clients.block(1, sizes.messages, server.processor_s)
            flood = await clients.flood(sizes.flood_clients, sizes.flood_seconds, server.resident_mb)
            figures["edge"] = {"calm": calm.figures(), "alone": alone.figures(), **flood}
            if sizes.soak:
                _say(f"soak of {sizes.soak} messages ...")
                figures["soak"] = await clients.soak(16, sizes.soak, server.resident_mb)
    return figures


def run(names: Sequence[str], sizes: Sizes, out: Path) -> None:
    """Train what is not trained, start the variants, measure, write the report.

    Raises:
        NMTGuideError: a part is missing, or a variant does not start.
    """
    projects, texts = out / "stock", questions()
    measured: dict[str, Any] = {"about": _about(sizes), "variants": {}}
    trained = {}
    for kind in sorted({name.partition("-")[0] for name in names} & {"lean", "recommended"}):
        _say(f"training of {kind} (kept for the next run) ...")
        trained[kind] = stock.prepare(projects / kind, kind, sizes.epochs)
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="serving-") as scratch, ExitStack() as stack:
        shared = stack.enter_context(servers.services()) if set(names) & set(_NEED_SERVICES) else None
        started = []
        for name in names:
            _say(f"{name}: starting ...")
            folder = Path(scratch, name)
            folder.mkdir()
            started.append(stack.enter_context(start(name, folder, projects, shared)))
        measured["variants"] = asyncio.run(measure(started, sizes, texts))
    for name, figures in measured["variants"].items():
        figures.update(trained.get(name.partition("-")[0], {}))
    _keep(measured, out)
    if sizes.flood_seconds:
        _say("beyond capacity ...")
        with tempfile.TemporaryDirectory(prefix="serving-") as scratch:
            measured.update(asyncio.run(edge(Path(scratch), sizes, texts)))
    measured["minutes"] = (time.perf_counter() - begin) / 60
    _keep(measured, out)


def _keep(measured: dict[str, Any], out: Path) -> None:
    write(measured, out)
    (out / "serving.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


def _about(sizes: Sizes) -> dict[str, Any]:
    load = os.getloadavg()[1] if hasattr(os, "getloadavg") else None
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load": load,
        "quick": sizes == _QUICK,
        "messages": {str(n): sizes.rounds * max(sizes.messages, n) for n in AT_ONCE},
        "turn_messages": sizes.rounds * sizes.repeats,
    }


def _say(text: str) -> None:
    print(text, flush=True)


def _parser() -> argparse.ArgumentParser:
    usual = Sizes()
    parser = argparse.ArgumentParser(prog="benchmarks.serving", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=_USUAL, help="names of variants")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="how often the variants take their turns")
    parser.add_argument("--messages", type=int, default=usual.messages, help="of a block")
    parser.add_argument("--soak", type=int, default=0, metavar="N", help="messages of a soak of ours (default: none)")
    parser.add_argument("--no-edge", action="store_true", help="leave out what happens beyond capacity, and the soak")
    parser.add_argument("--quick", action="store_true", help="a few messages, 3 epochs: only to see that it runs")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "serving", help="folder for the report")
    return parser


def main(arguments: Sequence[str] | None = None, run: Callable[..., None] = run) -> int:
    """Measure and write the report; the exit status is 1 when something is missing."""
    args = _parser().parse_args(arguments)
    usual = _QUICK if args.quick else Sizes(rounds=args.rounds, messages=args.messages)
    sizes = Sizes(**{**vars(usual), "soak": args.soak, "flood_seconds": 0.0 if args.no_edge else usual.flood_seconds})
    out = args.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    try:
        run(args.only, sizes, out)
    except NMTGuideError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The report is {out / 'serving.md'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
