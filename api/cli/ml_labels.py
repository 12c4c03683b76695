"""``llamaspace ml labels``: what people said of anomalies, as labels to train with."""

from __future__ import annotations

import argparse
import sys

from core.errors import InputError
from core.store import open_database
from ml.alerts.labels import all_labels, write_labels
from ml.alerts.store import AlertStore

__all__ = ["labels"]

_DATABASE = "llamaspace.db"


def labels(options: argparse.Namespace) -> int:
    """Write the labels of a service's data folder, which may be in use; 1 where there are none.

    Raises:
        InputError: It is no data folder, or the file ends otherwise than it may.
        StoreError: The database or the file refuses.
    """
    path = options.data / _DATABASE
    if not path.is_file():
        raise InputError("data", f"{options.data} is no data folder of a service: there is no {_DATABASE} in it")
    database = open_database(path)
    try:
        number = write_labels(options.out, all_labels(AlertStore(database), options.satellite))
    finally:
        database.close()
    sys.stdout.write(f"{number} labels in {options.out}\n")
    return 0 if number else 1
