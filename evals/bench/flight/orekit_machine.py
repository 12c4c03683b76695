"""Orekit in a Java machine of this process, with the data that we use: Earth orientation, gravity, leap seconds."""

from __future__ import annotations

import importlib
import tempfile
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.orbit.numerical import GravityField
from evals.bench.flight.finals_file import finals2000a
from evals.bench.flight.planets_file import jpl_file
from evals.bench.model import PeerMissing
from evals.bench.reference import reference_data

__all__ = ["DEGREE", "absolute_date", "earth_field", "orekit"]

DEGREE: Final = 20
_FIRST: Final = datetime(2016, 1, 15, tzinfo=UTC)  # one table without a gap: Orekit takes no other
_DAYS: Final = 2_700
_EPHEMERIS: Final = "lnxp2023.430"  # JPL DE430 from 8 January to 14 April 2023
_LASER_EPHEMERIS: Final = "lnxp2016.430"
_LASER_FIRST_JD: Final = 2_457_407.5  # 20 January 2016


@cache
def orekit() -> Any:
    """The Java packages: ``orekit()("org.orekit.time.AbsoluteDate")`` gives a class. The machine starts once.

    Raises:
        PeerMissing: The wheel or a Java runtime is not there.
    """
    try:
        wrapper: Any = importlib.import_module("orekit_jpype")
        jpype: Any = importlib.import_module("jpype")
        wrapper.initVM()
    except (ImportError, OSError, ValueError) as error:  # a Java runtime that is not found is a ValueError
        raise PeerMissing("orekit") from error
    of: Any = jpype.JClass
    manager = of("org.orekit.data.DataContext").getDefault().getDataProvidersManager()
    manager.addProvider(of("org.orekit.data.DirectoryCrawler")(of("java.io.File")(_data().name)))
    return of


def absolute_date(utc: datetime) -> Any:
    """An instant in Orekit's terms."""
    of = orekit()
    second = utc.second + utc.microsecond / 1e6
    scale = of("org.orekit.time.TimeScalesFactory").getUTC()
    return of("org.orekit.time.AbsoluteDate")(utc.year, utc.month, utc.day, utc.hour, utc.minute, second, scale)


def earth_field() -> Any:
    """The normalized coefficients of our field, up to ``DEGREE``."""
    of = orekit()
    fields = of("org.orekit.forces.gravity.potential.GravityFieldFactory")
    fields.clearPotentialCoefficientsReaders()
    fields.addPotentialCoefficientsReader(
        of("org.orekit.forces.gravity.potential.ICGEMFormatReader")("egm2008.gfc", False)
    )
    return fields.getNormalizedProvider(DEGREE, DEGREE)


@cache
def _data() -> tempfile.TemporaryDirectory[str]:
    """A folder that lives as long as this process: Orekit reads its files when it needs them."""
    data = reference_data() / "flight/orekit/regular-data"
    made = tempfile.TemporaryDirectory(prefix="llamaspace-orekit-")
    folder = Path(made.name)
    (folder / "UTC-TAI.history").write_bytes((data / "UTC-TAI.history").read_bytes())
    jpl = (data / "de430-ephemeris" / _EPHEMERIS).read_bytes()
    (folder / _EPHEMERIS).write_bytes(jpl)
    (folder / _LASER_EPHEMERIS).write_bytes(jpl_file(jpl, _LASER_FIRST_JD, records=2))
    (folder / "finals2000A.all").write_text(finals2000a(_FIRST, _DAYS))
    (folder / "egm2008.gfc").write_text(_icgem())
    return made


def _icgem() -> str:
    """Our field as an ICGEM file (GFZ, format of 2011)."""
    packaged = files("core.orbit.numerical").joinpath(f"{GravityField.EGM2008.value}.npz")
    with packaged.open("rb") as file, np.load(file, allow_pickle=False) as data:
        n, m = np.tril_indices(int(data["degree"]) + 1)
        rows = [row for row in zip(n, m, data["c"], data["s"], strict=True) if 2 <= row[0] <= DEGREE]
        mu_m3_s2, radius_m = float(data["mu_m3_s2"]), float(data["radius_m"])
    head = (
        "product_type gravity_field\nmodelname EGM2008\n"
        f"earth_gravity_constant {mu_m3_s2:.16e}\nradius {radius_m:.10e}\nmax_degree {DEGREE}\n"
        "errors no\nnorm fully_normalized\ntide_system tide_free\n"
        "key L M C S\nend_of_head ====\n"
        "gfc 0 0 1.0 0.0\ngfc 1 0 0.0 0.0\ngfc 1 1 0.0 0.0\n"
    )
    return head + "".join(f"gfc {degree} {order} {c:.17e} {s:.17e}\n" for degree, order, c, s in rows)
