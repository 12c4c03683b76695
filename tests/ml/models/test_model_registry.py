"""Models as files and their registry: nothing foreign or changed is read, and people decide what is live."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.errors import Conflict, InputError, NotFound, StoreError
from core.events import EventLog
from core.store import Database, open_database
from ml.models import Manifest, ModelRegistry, ModelState, code_hash, data_hash, read_artefact, write_artefact
from ml.models.artefact import CORRUPT, FOREIGN, MANIFEST_FILE
from ml.models.registry import LIVE
from ml.models.weights import booster_from_text, tensors_from_octets, tensors_octets

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WEIGHTS = tensors_octets({"w": np.arange(6.0).reshape(2, 3)})
FILES = {"weights.safetensors": WEIGHTS, "settings.json": b"{}"}


def manifest(name: str = "example", **changes: object) -> Manifest:
    content = {
        "name": name,
        "kind": "example-1",
        "made_for": "LSAT-1",
        "created_utc": NOW,
        "seed": 1,
        "data_hash": "0" * 64,
        "code_hash": "1" * 64,
    }
    return Manifest.model_validate(content | changes)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "models.db")
    yield opened
    opened.close()


@pytest.fixture
def registry(database: Database, tmp_path: Path) -> ModelRegistry:
    return ModelRegistry(database, EventLog(database), tmp_path / "models")


def test_a_model_comes_back_as_it_was_written(tmp_path: Path) -> None:
    whole = write_artefact(tmp_path / "m", manifest(), FILES)
    read = read_artefact(tmp_path / "m", kind="example-1", made_for="LSAT-1", content_hash=whole.content_hash)
    assert read.manifest == whole
    assert dict(read.files) == FILES
    back = tensors_from_octets("weights.safetensors", read.files["weights.safetensors"])
    assert np.array_equal(back["w"], np.arange(6.0).reshape(2, 3))


def test_no_octet_of_a_model_can_change_unseen(tmp_path: Path) -> None:
    whole = write_artefact(tmp_path / "m", manifest(), FILES)
    for name in (*FILES, MANIFEST_FILE):
        path = tmp_path / "m" / name
        sound = path.read_bytes()
        for position in range(0, len(sound), max(len(sound) // 40, 1)):
            path.write_bytes(sound[:position] + bytes([sound[position] ^ 1]) + sound[position + 1 :])
            with pytest.raises(InputError) as refused:
                read_artefact(tmp_path / "m", kind="example-1", content_hash=whole.content_hash)
            assert refused.value.code in (CORRUPT, FOREIGN)
        path.write_bytes(sound)
    read_artefact(tmp_path / "m", kind="example-1", content_hash=whole.content_hash)


def test_pickles_paths_and_strangers_are_refused(tmp_path: Path) -> None:
    for name in ("model.pkl", "model.joblib", "model.pt", "../up.json", "a/b.json", MANIFEST_FILE):
        with pytest.raises(InputError, match="a model's files end with"):
            write_artefact(tmp_path / "m", manifest(), {name: pickle.dumps({})})
    assert not (tmp_path / "m").exists()
    write_artefact(tmp_path / "m", manifest(), FILES)
    (tmp_path / "m" / "extra.pkl").write_bytes(pickle.dumps({}))
    with pytest.raises(InputError, match=r"extra\.pkl: the manifest does not name this file"):
        read_artefact(tmp_path / "m", kind="example-1")
    (tmp_path / "m" / "extra.pkl").unlink()
    content = json.loads((tmp_path / "m" / MANIFEST_FILE).read_text())
    content["files"]["../../secret.json"] = "0" * 64
    (tmp_path / "m" / MANIFEST_FILE).write_text(json.dumps(content))
    with pytest.raises(InputError, match="a model's files end with"):
        read_artefact(tmp_path / "m", kind="example-1")


def test_a_model_of_something_else_is_refused(tmp_path: Path) -> None:
    write_artefact(tmp_path / "m", manifest(), FILES)
    for wanted in ({"kind": "other-1"}, {"kind": "example-1", "made_for": "LSAT-2"}):
        with pytest.raises(InputError) as refused:
            read_artefact(tmp_path / "m", **wanted)
        assert refused.value.code == FOREIGN


def test_weights_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="no safetensors file"):
        tensors_from_octets("w", pickle.dumps({"w": [1.0]}))
    with pytest.raises(InputError, match="not finite"):
        tensors_from_octets("w", tensors_octets({"w": np.array([1.0, np.nan])}))
    for octets in (b"", b"tree\nnonsense", b"\xff\xfe"):
        with pytest.raises(InputError, match="no trees of LightGBM"):
            booster_from_text("trees", octets, 3)


def test_a_version_is_never_written_over(tmp_path: Path) -> None:
    write_artefact(tmp_path / "m", manifest(), FILES)
    with pytest.raises(StoreError, match="never written over"):
        write_artefact(tmp_path / "m", manifest(), FILES)


def test_hashes_follow_content_and_not_order(tmp_path: Path) -> None:
    for name, text in (("a", "1"), ("b", "2")):
        (tmp_path / name).write_text(text)
    whole = data_hash([tmp_path / "a", tmp_path / "b"])
    assert whole == data_hash([tmp_path / "b", tmp_path / "a"])
    (tmp_path / "b").write_text("3")
    assert whole != data_hash([tmp_path / "a", tmp_path / "b"])
    assert code_hash("ml.models") == code_hash("ml.models") != code_hash("ml.features")


def test_only_what_a_person_approved_goes_live(registry: ModelRegistry) -> None:
    told = {"by": "user:ana", "reason": "looked at the card", "at_utc": NOW}
    first = registry.register(manifest(), FILES, by="user:bo", at_utc=NOW)
    assert (first.version, first.state) == (1, ModelState.CANDIDATE)
    with pytest.raises(NotFound, match="no version has been made 'live'"):
        registry.aliased("example")
    with pytest.raises(Conflict, match="is candidate; 'live' cannot point to it"):
        registry.point("example", LIVE, 1, **told)
    with pytest.raises(InputError, match="reason"):
        registry.approve("example", 1, by="user:ana", reason=" ", at_utc=NOW)
    registry.approve("example", 1, **told)
    registry.point("example", LIVE, 1, **told)
    live = registry.aliased("example")
    assert (live.version, live.state, live.decided_by, live.aliases) == (1, ModelState.APPROVED, "user:ana", (LIVE,))
    assert registry.load(live, kind="example-1", made_for="LSAT-1").files == FILES


def test_roll_back_goes_to_what_was_live_before_and_passes_over_what_is_withdrawn(registry: ModelRegistry) -> None:
    told = {"by": "user:ana", "reason": "why", "at_utc": NOW}
    for version in (1, 2, 3, 4):
        registry.register(manifest(), FILES, by="user:bo", at_utc=NOW)
        registry.approve("example", version, **told)
        registry.point("example", LIVE, version, **told)
    with pytest.raises(Conflict, match="'live' points to example version 4"):
        registry.withdraw("example", 4, **told)
    registry.withdraw("example", 3, **told)
    assert registry.roll_back("example", LIVE, **told).version == 2
    assert registry.roll_back("example", LIVE, **told).version == 1
    with pytest.raises(Conflict, match="pointed to no other version before 1"):
        registry.roll_back("example", LIVE, **told)
    registry.point("example", LIVE, 4, **told)
    assert registry.roll_back("example", LIVE, **told).version == 1
    with pytest.raises(Conflict, match="has been withdrawn"):
        registry.approve("example", 3, **told)


def test_every_step_is_in_the_audit_log_with_who_and_why(registry: ModelRegistry, database: Database) -> None:
    told = {"by": "user:ana", "reason": "looked at the card", "at_utc": NOW}
    for version in (1, 2):
        registry.register(manifest(), FILES, by="user:bo", at_utc=NOW)
        registry.approve("example", version, **told)
        registry.point("example", LIVE, version, **told)
    registry.roll_back("example", LIVE, **told)
    registry.withdraw("example", 2, **told)
    events = EventLog(database).read(subject="model:example")
    kinds = [one.kind for one in events]
    assert kinds == [*["model.registered", "model.approved", "model.alias"] * 2, "model.rolled-back", "model.withdrawn"]
    assert all(one.actor == "user:ana" and one.payload["reason"] for one in events if one.kind != "model.registered")
    assert events[0].payload["content_hash"] == registry.version("example", 1).content_hash


def test_files_of_a_crash_before_the_row_do_not_stand_in_the_way(registry: ModelRegistry, tmp_path: Path) -> None:
    write_artefact(tmp_path / "models" / "example" / "v1", manifest(seed=9), FILES)
    found = registry.register(manifest(), FILES, by="user:bo", at_utc=NOW)
    assert registry.load(found, kind="example-1").manifest.seed == 1


def test_files_changed_after_registration_are_neither_approved_nor_loaded(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    found = registry.register(manifest(), FILES, by="user:bo", at_utc=NOW)
    (tmp_path / "models" / "example" / "v1" / "settings.json").write_text("[]")
    with pytest.raises(InputError, match="SHA-256"):
        registry.load(found, kind="example-1")
    with pytest.raises(InputError, match="SHA-256"):
        registry.approve("example", 1, by="user:ana", reason="why", at_utc=NOW)
    assert registry.version("example", 1).state is ModelState.CANDIDATE
