"""Scoring as requests.json defines it, and the Wilson interval against published values."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InputError
from evals.model import ExpectedCall
from evals.run import load_cases
from evals.scenarios.grammar import generate
from evals.scoring import proportion, same_call


def call(tool: str, **args: object) -> ExpectedCall:
    return ExpectedCall(tool=tool, args=args)


def test_defaults_fill_what_is_left_out() -> None:
    assert same_call(call("check_battery", satellite="LSAT-1", eclipses=1), call("check_battery", satellite="LSAT-1"))
    assert not same_call(
        call("check_battery", satellite="LSAT-1", eclipses=2), call("check_battery", satellite="LSAT-1")
    )


def test_times_are_compared_as_instants() -> None:
    assert same_call(call("set_mode", at="2026-11-22T18:30:00Z"), call("set_mode", at="2026-11-22T19:30:00+01:00"))
    assert not same_call(call("set_mode", at="2026-11-22T18:30:00Z"), call("set_mode", at="noon"))


def test_free_text_matches_by_its_content_words() -> None:
    assert same_call(
        call("search_procedures", query="thruster valve leak"),
        call("search_procedures", query="the Thruster valve leaks"),
    )
    assert not same_call(
        call("search_procedures", query="thruster valve leak"), call("search_procedures", query="valve leak")
    )


def test_numbers_agree_to_one_part_in_a_million() -> None:
    assert same_call(call("x", value=550), call("x", value=550.0001))
    assert not same_call(call("x", value=550), call("x", value=550.001))


def test_an_argument_too_many_is_wrong() -> None:
    assert not same_call(call("x", a=1), call("x", a=1, b=2))


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3 (score without continuity correction)
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_wilson_interval_agrees_with_newcombe_1998(right: int, of: int, low: float, high: float) -> None:
    found = proportion(right, of)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_a_wrong_case_file_names_the_field(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    file.write_text('{"requests": [{"id": "a", "request": "x", "context": {"role": "operator"}}]}')
    with pytest.raises(InputError, match=r"requests\.0\.context\.now"):
        load_cases(file)
    with pytest.raises(InputError, match="cannot be read"):
        load_cases(tmp_path / "none.json")


def test_the_grammar_gives_the_same_cases_for_the_same_seed() -> None:
    assert generate(3, each=2) == generate(3, each=2)
    assert generate(3, each=2) != generate(4, each=2)
