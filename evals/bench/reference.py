"""Where the reference data of benchmarks lie."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import NotFound

__all__ = ["reference_data"]


def reference_data() -> Path:
    """The folder of reference data.

    Raises:
        NotFound: It is not there; names the environment variable that says where it is.
    """
    folder = Path(os.environ.get("LLAMASPACE_REFERENCE_DATA", "../shared/data"))
    if not folder.is_dir():
        raise NotFound(f"reference data not found at {folder}: set LLAMASPACE_REFERENCE_DATA")
    return folder
