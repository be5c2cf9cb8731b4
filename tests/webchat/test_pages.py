"""The files for browsers: built or not, changed or not, and nothing beside them."""

from __future__ import annotations

import gzip

import pytest

from nmt_guide.webchat.pages import Pages


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "dist/nmt-chat.js": "alert(1)",
        "demo/index.html": "<!doctype html>",
        "demo/style.css": "a{}",
        "demo/images/logo.svg": "<svg/>",
        "demo/notes.md": "not for visitors",
        "package.json": "{}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_script_is_a_script_and_is_sent_once(folder):
    first = Pages(folder).script()
    again = Pages(folder).script(seen=f'"other", W/{first.headers["ETag"]}')

    assert (first.status, first.body) == (200, b"alert(1)")
    assert first.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert "max-age" in first.headers["Cache-Control"]
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("encodings", "compressed"),
    [
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("gzip; q=0", False),
        ("gzip;q=0.0", False),
        ("br", False),
        ("", False),
    ],
)
def test_the_script_is_compressed_for_whom_takes_it(folder, encodings, compressed):
    (folder / "dist" / "nmt-chat.js.gz").write_bytes(gzip.compress(b"alert(1)"))
    pages = Pages(folder)
    plain, page = pages.script(), pages.script(encodings=encodings)

    assert (page.headers.get("Content-Encoding") == "gzip") is compressed
    assert (gzip.decompress(page.body) if compressed else page.body) == b"alert(1)"
    # A cache in between keeps the two apart.
    assert page.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert (page.headers["ETag"] != plain.headers["ETag"]) is compressed
    for name in ("Content-Type", "Cache-Control"):
        assert page.headers[name] == plain.headers[name]
    assert pages.script(page.headers["ETag"], encodings).status == 304


def test_a_new_script_is_sent_again(folder):
    pages = Pages(folder)
    seen = pages.script().headers["ETag"]
    (folder / "dist" / "nmt-chat.js").write_text("alert(2)")

    assert pages.script(seen).body == b"alert(2)"


def test_without_the_script_the_page_says_what_to_run(tmp_path):
    page = Pages(tmp_path).script()

    assert page.status == 503
    assert b"./run" in page.body
    assert page.headers["Cache-Control"] == "no-store"


def test_the_demo_page_and_what_belongs_to_it(folder):
    pages = Pages(folder)

    assert pages.demo_paths() == ["/", "/images/logo.svg", "/index.html", "/style.css"]
    assert pages.demo("/").headers["Content-Type"] == "text/html; charset=utf-8"
    assert pages.demo("/images/logo.svg").headers["Content-Type"] == "image/svg+xml"


def test_the_demo_page_runs_nothing_but_our_files(folder):
    policy = Pages(folder).demo("/").headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "*" not in policy


def test_without_a_demo_page_there_is_nothing_to_serve(tmp_path):
    assert Pages(tmp_path).demo_paths() == []
