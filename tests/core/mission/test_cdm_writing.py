"""Conjunction data messages written and read again: every public message of NASA CARA and of Orekit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.mission import CdmFormat, parse_cdm, write_cdm


@pytest.mark.parametrize("form", CdmFormat)
def test_public_messages_survive_being_written(reference_data: Path, form: CdmFormat) -> None:
    read = 0
    for path in sorted((reference_data / "planning/cdm_pc").glob("*.cdm")):
        cdm = parse_cdm(path.read_text())
        if any(one.state_covariance_rtn is None for one in cdm.objects):
            continue
        again = parse_cdm(write_cdm(cdm, form))
        read += 1
        assert (again.message_id, again.tca_utc, again.created_utc) == (cdm.message_id, cdm.tca_utc, cdm.created_utc)
        assert (again.miss_distance_m, again.hard_body_radius_m) == (cdm.miss_distance_m, cdm.hard_body_radius_m)
        assert again.stated_probability == cdm.stated_probability
        for mine, theirs in zip(cdm.objects, again.objects, strict=True):
            assert (mine.designator, mine.name, mine.area_m2) == (theirs.designator, theirs.name, theirs.area_m2)
            np.testing.assert_allclose(theirs.r_gcrf_m, mine.r_gcrf_m, rtol=1e-15)
            np.testing.assert_allclose(theirs.v_gcrf_m_s, mine.v_gcrf_m_s, rtol=1e-15)
            np.testing.assert_array_equal(theirs.state_covariance_rtn, mine.state_covariance_rtn)
    assert read > 30


def test_a_covariance_of_position_alone_is_refused(reference_data: Path) -> None:
    path = min((reference_data / "planning/cdm_pc").glob("*.cdm"))
    cdm = parse_cdm(path.read_text())
    first, second = cdm.objects
    with pytest.raises(InputError, match="position alone"):
        write_cdm(replace(cdm, objects=(replace(first, state_covariance_rtn=None), second)))
