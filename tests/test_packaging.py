"""The repository as a package: names that are ours alone, versions that are pinned, data that travels along."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("agent", "api", "core", "evals", "knowledge", "ml", "native", "tests", "tools")


def test_no_installed_dependency_owns_one_of_our_names() -> None:
    foreign = {
        (distribution.name, file.parts[0])
        for distribution in distributions()
        if distribution.name.lower() != "llamaspace"
        for file in distribution.files or ()
        if file.parts[0] in OURS
    }
    assert foreign == set()


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for group in project["optional-dependencies"].values() for one in group)]
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    names = {re.split(r"[=<>;\[ ]", one)[0].lower().replace("_", "-") for one in wanted}
    assert names - pinned == set()


@pytest.mark.parametrize("name", ["constraints.txt", "ui/package-lock.json"])
def test_lock_files_record_no_download_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert '"resolved"' not in text
    assert "index-url" not in text and " @ http" not in text


def test_no_module_is_longer_than_500_lines() -> None:
    sources = [path for name in OURS for path in (ROOT / name).rglob("*.py") if "console" not in path.parts]
    long = {
        str(path.relative_to(ROOT)): lines for path in sources if (lines := len(path.read_text().splitlines())) > 500
    }
    assert long == {}
