"""A trained model on disk: a folder with a manifest and files whose formats cannot carry code.

Weights are safetensors, networks ONNX, trees are LightGBM's text, all else is JSON or Markdown. Every octet is compared with the manifest's
hashes before anything parses it; pickles, and files that the manifest does not name, are refused.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InputError, StoreError
from core.store.durable_file import flush_path

__all__ = ["CORRUPT", "FOREIGN", "MANIFEST_FILE", "Artefact", "Manifest", "read_artefact", "write_artefact"]

MANIFEST_FILE: Final = "manifest.json"
CORRUPT: Final = "model-corrupt"  # code of errors: not what was written
FOREIGN: Final = "model-foreign"  # code of errors: a sound model of something else
_SUFFIXES: Final = (".safetensors", ".onnx", ".lgb.txt", ".json", ".md")
_MOST_BYTES: Final = 256_000_000
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """What a model is, what it was made of, and the hashes of its files.

    Args:
        name: Of the line of versions that it belongs to.
        kind: What it computes, and with which layout of files; a reader asks for one kind.
        made_for: Data or spacecraft that it was trained for; it is refused for another.
        inputs: Names of its inputs with their units, in order.
        seed: Training again with it, on the same data by the same code, gives the same model.
        data_hash, code_hash: SHA-256 of the training data and of the code that trained it.
        settings: Choices that were made before training or by cross-validation.
        metrics: What was measured, with what on in the name.
        files: SHA-256 of each file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["llamaspace-model-1"] = "llamaspace-model-1"
    name: _Name
    kind: _Name
    made_for: Annotated[str, Field(min_length=1, max_length=200)]
    created_utc: datetime
    inputs: tuple[tuple[str, str], ...] = ()
    seed: int
    data_hash: _Sha256
    code_hash: _Sha256
    settings: dict[str, Any] = {}
    metrics: dict[str, float] = {}
    files: dict[str, _Sha256] = {}

    @property
    def content_hash(self) -> str:
        """SHA-256 of the manifest's JSON, and so of everything that it names."""
        return _sha256(self._octets())

    def _octets(self) -> bytes:
        return self.model_dump_json(indent=1).encode()


@dataclass(frozen=True)
class Artefact:
    """A model whose files are what the manifest says."""

    manifest: Manifest
    files: Mapping[str, bytes]


def write_artefact(folder: Path, manifest: Manifest, files: Mapping[str, bytes]) -> Manifest:
    """Write a model under a folder that is not there yet; all of it or nothing. The manifest with the files' hashes.

    Raises:
        InputError: A file's name is not allowed.
        StoreError: The folder is there, or the disk refuses.
    """
    for name in files:
        _check_name(name)
    whole = manifest.model_copy(update={"files": {name: _sha256(files[name]) for name in sorted(files)}})
    if folder.exists():
        raise StoreError(f"{folder} is there already; a version of a model is never written over")
    unfinished = folder.with_name(folder.name + ".unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        for name, octets in {**files, MANIFEST_FILE: whole._octets()}.items():
            (unfinished / name).write_bytes(octets)
            flush_path(unfinished / name)
        flush_path(unfinished)
        unfinished.rename(folder)
        flush_path(folder.parent)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise StoreError(f"{folder} cannot be written: {error}") from error
    return whole


def read_artefact(folder: Path, *, kind: str, made_for: str | None = None, content_hash: str | None = None) -> Artefact:
    """The model of a folder, every file compared with its hash.

    Args:
        folder: Where it is.
        kind: What it must be.
        made_for: What it must have been trained for; anything where it is None.
        content_hash: Of the manifest that was registered, where one was.

    Raises:
        InputError: It is no model, not whole, or one of something else; ``code`` is CORRUPT or FOREIGN.
    """
    manifest = _manifest(folder, content_hash)
    for field, wanted, found in (("kind", kind, manifest.kind), ("made_for", made_for, manifest.made_for)):
        if wanted is not None and wanted != found:
            raise InputError(
                f"model.{field}", f"{folder.name} is a model of {found!r}; {wanted!r} is needed", code=FOREIGN
            )
    there = {one.name for one in folder.iterdir()}
    if strangers := sorted(there - set(manifest.files) - {MANIFEST_FILE}):
        raise InputError(f"model.{strangers[0]}", "the manifest does not name this file", code=CORRUPT)
    return Artefact(manifest, {name: _octets(folder, name, digest) for name, digest in manifest.files.items()})


def _manifest(folder: Path, content_hash: str | None) -> Manifest:
    try:
        octets = (folder / MANIFEST_FILE).read_bytes()
        manifest = Manifest.model_validate_json(octets)
    except OSError as error:
        raise InputError("model.manifest", f"{folder} holds no model: {error.strerror}", code=CORRUPT) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "manifest"
        raise InputError(f"model.{place}", f"{first['msg']} ({folder / MANIFEST_FILE})", code=CORRUPT) from error
    if content_hash is not None and _sha256(octets) != content_hash:
        raise InputError("model.manifest", f"{folder / MANIFEST_FILE} is not what was registered", code=CORRUPT)
    return manifest


def _octets(folder: Path, name: str, digest: str) -> bytes:
    _check_name(name)
    path = folder / name
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"model.{name}", f"larger than the {_MOST_BYTES} octets allowed", code=CORRUPT)
        octets = path.read_bytes()
    except OSError as error:
        raise InputError(f"model.{name}", f"cannot be read: {error.strerror}", code=CORRUPT) from error
    if (found := _sha256(octets)) != digest:
        raise InputError(f"model.{name}", f"SHA-256 is {found[:12]}…, the manifest says {digest[:12]}…", code=CORRUPT)
    return octets


def _check_name(name: str) -> None:
    if name == MANIFEST_FILE or name != Path(name).name or not name.endswith(_SUFFIXES):
        raise InputError(f"model.{name}", f"a model's files end with {', '.join(_SUFFIXES)}", code=CORRUPT)


def _sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
