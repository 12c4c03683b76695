"""``llamaspace command``: what it encodes others read, and what is altered it refuses."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ecss import PusTc

from api.cli.main import main
from core.command.offline import Numbers, make_forms, read_uplink
from core.command.secret_file import write_secret_file
from core.link import LinkKeys, new_link_keys
from core.mdb import reference_mdb
from core.mission import reference_mission

MDB, MISSION = reference_mdb(), reference_mission()
KEYS = LinkKeys(spacecraft={one.id: new_link_keys(one.spacecraft_id) for one in MISSION.spacecraft})
BURN = ["EXECUTE_BURN", "--satellite", "LSAT-2", "--arg", "delta_v_m_s=1.5", "--arg", "duration_s=60"]


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "keys.json"
    write_secret_file(path, json.dumps(KEYS.dump()))
    return str(path)


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    code = main(["command", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_another_library_reads_the_packet_that_is_encoded(capsys: pytest.CaptureFixture[str], key_file: str) -> None:
    code, shown = _json(capsys, "encode", *BURN, "--packet-count", "7", "--keys", key_file)
    packet = bytes.fromhex(str(shown["packet"]))
    read = PusTc.unpack(packet)
    assert code == 0
    assert (read.service, read.message_subtype, read.apid, read.seq_count) == (
        8,
        1,
        MISSION.craft("LSAT-2").spacecraft_id,
        7,
    )
    assert read.app_data == bytes.fromhex(str(shown["application_data"]))


@pytest.mark.parametrize("form", ["cltu", "frame", "packet"])
def test_what_was_encoded_is_decoded_from_every_form(
    capsys: pytest.CaptureFixture[str], key_file: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, shown = _json(capsys, "encode", *BURN, "--keys", key_file)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bytes.fromhex(str(shown[form])))))
    code, read = _json(capsys, "decode", "-", "--keys", key_file)
    assert (code, read["passed"]) == (0, True)
    assert read["fields"]["arguments"] == {"delta_v_m_s": 1.5, "duration_s": 60.0}  # type: ignore[index]


def test_a_frame_under_another_key_fails_at_its_mac(
    capsys: pytest.CaptureFixture[str], key_file: str, tmp_path: Path
) -> None:
    _, shown = _json(capsys, "encode", *BURN, "--keys", key_file)
    other = LinkKeys(spacecraft={one.id: new_link_keys(one.spacecraft_id) for one in MISSION.spacecraft})
    write_secret_file(tmp_path / "other.json", json.dumps(other.dump()))
    code, read = _json(capsys, "verify", str(shown["cltu"]), "--keys", str(tmp_path / "other.json"))
    checks = [(one["name"], one["passed"]) for one in read["checks"]]  # type: ignore[attr-defined,index]
    assert (code, checks) == (1, [("CLTU", True), ("frame", True), ("MAC", False)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode", *BURN[:3], "--arg", "delta_v_m_s=150", "--arg", "duration_s=60"], "150 m/s is outside -20 to 20"),
        (["encode", *BURN, "--arg", "duration_s=61"], "duration_s is given twice"),
        (["encode", *BURN, "--packet-count", "20000"], "20000 is outside 0 to 16383"),
        (["encode", "FLY", "--satellite", "LSAT-2"], "'FLY' is not one of"),
        (["decode", "zz"], "are no hexadecimal"),
        (["decode", "@/nowhere"], "cannot read /nowhere"),
    ],
)
def test_bad_input_is_named(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert main(["command", *arguments]) == 2
    assert message in capsys.readouterr().err


FRAME = make_forms(
    MDB, MISSION, "LSAT-1", "EXECUTE_BURN", {"delta_v_m_s": 1.5, "duration_s": 60.0}, Numbers(1, 2, 3), KEYS
).frame


@given(st.integers(0, 8 * len(FRAME or b"") - 1), st.integers(0, 8 * len(FRAME or b"") - 1))
def test_a_frame_with_altered_bits_never_passes(first: int, second: int) -> None:
    assert FRAME is not None
    altered = bytearray(FRAME)
    for bit in {first, second}:
        altered[bit // 8] ^= 1 << bit % 8
    assert not read_uplink(bytes(altered), MDB, MISSION, KEYS).passed


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused_without_a_fault(raw: bytes) -> None:
    reading = read_uplink(raw, MDB, MISSION, KEYS)
    assert reading.checks
