"""The C++ module refuses arrays that do not fit, with a code, and broadcasts over rows."""

from __future__ import annotations

import numpy as np
import pytest

from core.frames import sun_moon_ephemeris
from native import _core

ROW = [28000.0, 15.2 * 2.0 * np.pi / 1440.0, 0.001, 1.7, 0.5, 1.0, 2.0, 1e-4]


def test_a_row_gives_the_same_states_alone_and_in_company() -> None:
    other = [*ROW[:3], 0.9, *ROW[4:]]
    minutes = np.linspace(-1000.0, 1000.0, 37)
    both, _, _ = _core.Sgp4Batch(np.array([ROW, other])).propagate(np.tile(minutes, (2, 1)))
    for index, row in enumerate((ROW, other)):
        alone, _, _ = _core.Sgp4Batch(np.array([row])).propagate(minutes[np.newaxis, :])
        assert np.array_equal(both[index], alone[0])


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        (np.zeros((0, 8)), 1),
        (np.zeros((1, 7)), 1),
        (np.zeros(8), 1),
        (np.array([[*ROW[:2], 1.0, *ROW[3:]]]), 2),
        (np.array([[ROW[0], -0.1, *ROW[2:]]]), 2),
        (np.array([[*ROW[:7], np.nan]]), 2),
        (np.array([[*ROW[:3], 4.0, *ROW[4:]]]), 2),
    ],
)
def test_bad_elements_are_refused_with_a_code(elements: np.ndarray, code: int) -> None:
    with pytest.raises(_core.NativeError) as raised:
        _core.Sgp4Batch(elements)
    assert raised.value.code == code


@pytest.mark.parametrize("shape", [(1,), (2, 3), (1, 2, 3)])
def test_minutes_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(_core.NativeError) as raised:
        _core.Sgp4Batch(np.array([ROW])).propagate(np.zeros(shape))
    assert raised.value.code == 1


def test_frames_and_light_refuse_unequal_lengths() -> None:
    with pytest.raises(_core.NativeError):
        _core.EarthOrientationTable(59000.0, np.zeros((9, 5)))
    with pytest.raises(_core.NativeError):
        _core.illumination(np.zeros((3, 3)), np.zeros(2), sun_moon_ephemeris())
    with pytest.raises(_core.NativeError):
        _core.illumination(np.zeros((2, 2)), np.zeros(2), sun_moon_ephemeris())


def test_no_epochs_give_empty_arrays() -> None:
    r_m, v_m_s, codes = _core.Sgp4Batch(np.array([ROW])).propagate(np.zeros((1, 0)))
    assert r_m.shape == (1, 0, 3)
    assert v_m_s.shape == (1, 0, 3)
    assert codes.shape == (1, 0)
