"""Finds dead links in the Markdown files: every relative link must lead to a file that exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def dead_links(root: Path) -> list[str]:
    """``file: link`` for every relative link of a tracked Markdown file that leads nowhere."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=root, capture_output=True, text=True, check=True)
    return [
        f"{name}: {link}"
        for name in listed.stdout.split()
        if (root / name).is_file()
        for link in _LINK.findall((root / name).read_text())
        if not link.startswith(("http://", "https://", "mailto:")) and not ((root / name).parent / link).exists()
    ]


if __name__ == "__main__":
    dead = dead_links(Path(__file__).resolve().parents[1])
    sys.stderr.write("".join(f"dead link in {line}\n" for line in dead))
    sys.exit(1 if dead else 0)
