"""Verification of the log: every event once, in order, in pieces, against the chain, the checkpoints and the segments.

What it finds: an event whose content, hash or number was changed; events removed, also the newest; reordered or inserted
ones; a chain whose hashes were all computed anew (no checkpoint fits it then); checkpoints that were removed, altered or
made with another key; removed events without a signed account. Each finding names the event where it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from core.errors import LlamaSpaceError
from core.events.chain import GENESIS_HASH, ChainEnd, StoredEvent, digest_of
from core.events.claims import AuditSeal, Checkpoint, Segment, read_claim, read_segment, token_hash

__all__ = ["AuditReport", "SignedRecords", "Violation", "verify_events"]

_MOST = 200  # violations that are told; more are counted


class Violation(BaseModel):
    """Where and how the log is broken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    problem: str


class AuditReport(BaseModel):
    """What a verification found.

    ``first`` and ``last`` are the numbers of the events that are there, ``signed_through`` is the last one that a
    checkpoint covers, ``removed`` counts those that retention took away, ``broken`` all violations, of which the first
    two hundred are told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ok: bool
    events: int
    first: int
    last: int
    removed: int
    checkpoints: int
    signed_through: int
    broken: int
    violations: tuple[Violation, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SignedRecords:
    """What is signed about a log.

    Args:
        seal: Opens the tokens.
        checkpoints: From the database or an export, oldest first.
        segments: The same of removed events.
        outside: The checkpoints of the file outside the database; None where there is none to compare.
        file_expected: Whether there has to be such a file once there are checkpoints.
    """

    seal: AuditSeal
    checkpoints: Sequence[str]
    segments: Sequence[str] = ()
    outside: Sequence[str] | None = None
    file_expected: bool = False


def verify_events(rows: Iterable[StoredEvent], head: ChainEnd | None, signed: SignedRecords | None) -> AuditReport:
    """Walk a log from its beginning; ``rows`` is read once and not kept.

    Args:
        rows: The events as they lie there, by number.
        head: Where the chain is said to end.
        signed: Checkpoints and segments; None walks the hashes alone.
    """
    walk = _Walk()
    trusted: list[Checkpoint] = []
    if signed is not None:
        trusted = _trusted_checkpoints(signed, walk)
        _enter_segments(signed, walk)
    expected = {one.sequence: one for one in trusted}
    covered = _walk_events(rows, walk, expected)
    last = walk.last
    if head is None and last.sequence > 0:
        walk.add(last.sequence, "the log does not say where it ends")
    elif head is not None and head != last:
        walk.add(head.sequence, f"the chain ended here; now it ends at event {last.sequence}")
    for one in expected.values():
        if one.sequence > last.sequence:
            walk.add(
                one.sequence,
                f"checkpoint {one.number} of {one.at} covers the events to {one.sequence}; the log ends at "
                f"{last.sequence}: its end was cut off",
            )
    return AuditReport(
        ok=walk.count == 0,
        events=walk.events,
        first=walk.first,
        last=last.sequence,
        removed=walk.removed,
        checkpoints=len(signed.checkpoints) if signed else 0,
        signed_through=covered,
        broken=walk.count,
        violations=tuple(walk.found),
        notes=tuple(walk.notes),
    )


@dataclass
class _Walk:
    """How far the walk has come."""

    last: ChainEnd = field(default_factory=lambda: ChainEnd(0, GENESIS_HASH))
    first: int = 0
    events: int = 0
    removed: int = 0
    count: int = 0
    found: list[Violation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, sequence: int, problem: str) -> None:
        self.count += 1
        if len(self.found) < _MOST:
            self.found.append(Violation(sequence=sequence, problem=problem))


def _walk_events(rows: Iterable[StoredEvent], walk: _Walk, expected: dict[int, Checkpoint]) -> int:
    """Every event against the one before it and its checkpoint; gives the last number that a checkpoint covers."""
    covered = 0
    start = expected.get(walk.last.sequence)
    if start is not None and walk.removed:
        covered = _against_checkpoint(start, walk.last, covered, walk)
    for row in rows:
        before = walk.last
        if not isinstance(row.sequence, int) or row.sequence != before.sequence + 1:
            walk.add(row.sequence, _gap(before.sequence + 1, row.sequence))
        elif row.previous_hash != before.hash:
            walk.add(row.sequence, "does not follow from the event before it")
        if row.hash != digest_of(row):
            walk.add(row.sequence, "content does not match its hash: it was altered")
        walk.last = ChainEnd(row.sequence, row.hash)
        walk.first = walk.first or row.sequence
        walk.events += 1
        checkpoint = expected.get(row.sequence)
        if checkpoint is not None:
            covered = _against_checkpoint(checkpoint, walk.last, covered, walk)
    return covered


def _gap(expected: int, found: int) -> str:
    missing = found - expected
    if missing == 1:
        return f"event {expected} is missing before it"
    if missing > 1:
        return f"events {expected} to {found - 1} are missing before it"
    return f"stands where event {expected} belongs"


def _against_checkpoint(checkpoint: Checkpoint, reached: ChainEnd, covered: int, walk: _Walk) -> int:
    if checkpoint.hash == reached.hash:
        return reached.sequence
    walk.add(
        reached.sequence,
        f"checkpoint {checkpoint.number} of {checkpoint.at} was signed over another hash: events {covered + 1} to "
        f"{reached.sequence} are not what they were then",
    )
    return covered


def _enter_segments(signed: SignedRecords, walk: _Walk) -> None:
    for segment in _segments(signed, walk):
        if (segment.first, segment.previous_hash) != (walk.last.sequence + 1, walk.last.hash):
            walk.add(segment.first, "the account of removed events does not follow from what was removed before them")
        if segment.count != segment.last - segment.first + 1:
            walk.add(segment.first, f"the account of removed events counts {segment.count}")
        walk.last = ChainEnd(segment.last, segment.last_hash)
        walk.removed += segment.count


def _segments(signed: SignedRecords, walk: _Walk) -> Iterator[Segment]:
    for token in signed.segments:
        segment = read_segment(token)
        if segment is None:
            walk.add(walk.last.sequence + 1, "an account of removed events cannot be read")
            continue
        try:
            signed.seal.open(token)
        except LlamaSpaceError as error:
            walk.add(segment.first, f"the account of removed events {segment.first} to {segment.last}: {error.message}")
            continue
        yield segment


def _trusted_checkpoints(signed: SignedRecords, walk: _Walk) -> list[Checkpoint]:
    """The checkpoints that hold, those of the file outside included, in the order of their numbers."""
    claims = _chain_of(signed.checkpoints, "the database", walk)
    _compare_outside(signed, walk)
    outside = signed.outside or ()
    if len(outside) > len(claims):
        claims += _chain_of(outside, "the file", _Walk())[len(claims) :]
    trusted: list[Checkpoint] = []
    following: Checkpoint | None = None
    for claim in reversed(claims):
        try:
            signed.seal.open(claim.token)
            trusted.append(claim)
            following = claim
        except LlamaSpaceError as error:
            if following is None or following.previous != token_hash(claim.token):
                walk.add(claim.sequence, f"checkpoint {claim.number}: {error.message}")
                continue
            # A later signature fixes this very token, so it is the one that was made then.
            walk.notes.append(f"checkpoint {claim.number}: {error.message}; checkpoint {following.number} covers it")
            following = claim
    return trusted[::-1]


def _chain_of(tokens: Sequence[str], where: str, walk: _Walk) -> list[Checkpoint]:
    claims: list[Checkpoint] = []
    previous = GENESIS_HASH
    for number, token in enumerate(tokens, start=1):
        claim = read_claim(token)
        at = claims[-1].sequence if claims else 0
        if claim is None:
            walk.add(at, f"checkpoint {number} in {where} cannot be read")
            previous = token_hash(token)
            continue
        if (claim.number, claim.previous) != (number, previous) or claim.sequence < at:
            walk.add(claim.sequence, f"checkpoint {claim.number} in {where} does not follow from the one before it")
        claims.append(claim)
        previous = token_hash(token)
    return claims


def _compare_outside(signed: SignedRecords, walk: _Walk) -> None:
    """The file is written first, so it may be one ahead; it is never behind, and never tells another story."""
    if signed.outside is None:
        if signed.file_expected and signed.checkpoints:
            walk.add(0, "the checkpoint file outside the database is gone")
        return
    inside, outside = list(signed.checkpoints), list(signed.outside)
    for number, (ours, theirs) in enumerate(zip(inside, outside, strict=False), start=1):
        if ours != theirs:
            claim = read_claim(theirs) or read_claim(ours)
            at = claim.sequence if claim else 0
            walk.add(at, f"checkpoint {number} is another one in the file outside the database")
    if len(outside) < len(inside):
        walk.add(_sequence(inside[-1]), f"the file outside the database ends at checkpoint {len(outside)}")
    if len(outside) > len(inside) + 1:
        walk.add(_sequence(outside[-1]), f"the database ends at checkpoint {len(inside)}, the file at {len(outside)}")


def _sequence(token: str) -> int:
    claim = read_claim(token)
    return claim.sequence if claim else 0
