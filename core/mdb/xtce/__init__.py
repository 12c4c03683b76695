"""XTCE 1.2 files (OMG formal/18-10-05, CCSDS 660.1): read, checked, and written."""

from core.mdb.xtce.reader import load_mdb, reference_mdb

__all__ = ["load_mdb", "reference_mdb"]
