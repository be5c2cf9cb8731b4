"""What can go wrong when the assistant starts and stops."""

import signal
import socket
import subprocess
import sys
import time

import pytest
from processes import START_SECONDS, Process, command, free_port, serving

from nmt_guide.errors import SetupError
from nmt_guide.server.serve import check_port, web_address
from nmt_guide.settings import ROOT, Settings

#: A stop that never ends, with little patience.
_HANGS = """
import asyncio, time
from nmt_guide.server import serve

async def hang():
    await serve._end_in_time(None, None)
    time.sleep(60)

serve._STOP_SECONDS = 0.2
asyncio.run(hang())
"""

#: How the lines begin that tell what is going on.
_PROGRESS = ("Checking", "Building", "Loading", "Slack: ", "Telegram: ", "Callback: ", "Staff: ", "NMT Guide starts on")


def sentence(result):
    """The one plain sentence that a failed command wrote."""
    lines = result.stderr.strip().splitlines()
    assert result.returncode == 1, result.stderr
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_no_process_behind(place, how):
    with serving(place) as server:
        assert server.say("Hello")
        code = server.stop(how)

        assert code == 0
        assert not server.left_over()
        assert "Traceback" not in server.errors()


def test_a_stop_that_hangs_is_ended_and_says_where():
    result = subprocess.run([sys.executable, "-c", _HANGS], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert "line 7 in hang" in result.stderr


def test_starting_prints_only_what_is_going_on(server):
    lines = server.errors().split("Ctrl-C stops it) ...\n")[0].splitlines()

    assert lines
    assert all(line.startswith(_PROGRESS) for line in lines)
    assert "Warning" not in server.errors()


@pytest.mark.parametrize("arguments", [["ask", "What is NMT?"], ["conversations", "delete", "nosuch"]])
def test_commands_do_not_begin_with_the_warnings_of_libraries(place, arguments):
    assert "Warning" not in command(place, *arguments).stderr


def test_a_taken_port_is_named(place):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = command(place, "serve", NMT_PORT=port)

    assert f"Port {port} is taken" in sentence(result)


def test_a_port_that_is_taken_during_the_loading_is_named(place):
    port = str(free_port())
    log = place.folder / "late.log"
    late = Process("the second", [sys.executable, "-m", "nmt_guide", "serve"], place.environment(NMT_PORT=port), log)
    end = time.monotonic() + START_SECONDS
    while "NMT Guide starts on" not in late.errors() and late.popen.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    with socket.create_server(("127.0.0.1", int(port))):
        code = late.popen.wait(START_SECONDS)
    lines = late.errors().split("Ctrl-C stops it) ...\n")[1].splitlines()

    assert code == 1
    assert len(lines) == 1
    assert f"Port {port} is taken" in lines[0]


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_a_port_that_cannot_be_is_named(place, port):
    assert port in sentence(command(place, "serve", NMT_PORT=port))


@pytest.mark.parametrize("host", ["192.0.2.1", "nobody.invalid", 64 * "a"])
def test_a_host_that_is_not_here_is_named(place, host):
    assert host in sentence(command(place, "serve", NMT_HOST=host))


@pytest.mark.parametrize("host", ["::1", "::"])
def test_a_host_may_have_an_address_of_ipv6(host):
    settings = Settings({"NMT_HOST": host, "NMT_PORT": str(free_port())})
    try:
        taken = socket.create_server((host, settings.port), family=socket.AF_INET6)
    except OSError:
        pytest.skip("This machine has no IPv6.")
    with taken, pytest.raises(SetupError, match=f"Port {settings.port} is taken"):
        check_port(settings)
    check_port(settings)

    assert web_address(settings, host) == f"http://[{host}]:{settings.port}"


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("NMT_DATABASE_URL", "postgresql://nmt:secret@127.0.0.1:1/nmt"),
        ("NMT_DATABASE_URL", "sqlite:////proc/nothing/here.db"),
        ("NMT_DATABASE_URL", "nonsense"),
        ("NMT_DATABASE_URL", "oracle://nmt@host/nmt"),
        ("NMT_TRACKER_URL", "postgresql://nmt:secret@127.0.0.1:1/nmt"),
        ("NMT_TRACKER_URL", "sqlite:////proc/nothing/here.db"),
    ],
)
def test_a_database_that_cannot_be_reached_stops_the_start(place, variable, url):
    said = sentence(command(place, "serve", **{variable: url}))

    assert "cannot be used" in said
    assert "secret" not in said


def test_an_unknown_setting_is_named(place):
    assert "NMT_PROT" in sentence(command(place, "serve", NMT_PROT="5006"))


def test_a_log_level_that_does_not_exist_is_named(place):
    assert "LOUD" in sentence(command(place, "serve", NMT_LOG_LEVEL="LOUD"))


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_a_port_taken_for_ipv4_alone_is_free_for_ipv6():
    with socket.create_server(("0.0.0.0", 0)) as taken:
        check_port(Settings({"NMT_HOST": "::", "NMT_PORT": str(taken.getsockname()[1])}))
