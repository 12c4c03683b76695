"""Frames to packets in bulk equal the readable receiver, packet for packet, whatever is lost, repeated or damaged."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.link import TmFrame, TmFrameHeader, encode_tm_frame, new_link_keys
from core.link.aos_frame import AosFrame, AosLayout, decode_aos_frame, encode_aos_frame
from core.link.checksum import append_crc, crc16
from core.link.cipher_suite import AES_256_CMAC, AES_256_GCM, AES_256_GMAC, CipherSuite
from core.link.clcw import Clcw, encode_clcw
from core.link.keys import LinkKeys
from core.link.sdls import SecurityAssociation
from core.link.space_packet import IDLE_APID, PacketType, SpacePacket, encode_packet
from core.link.tm_frame import extract_packets, fill_frames
from core.telemetry.bulk_receiver import BulkReceiver
from core.telemetry.open_frames import AosChannel, TmChannel
from core.telemetry.receiver import ChannelState, FrameVerdict
from native import _core
from tests.core.telemetry.frame_reference import FrameReceiver

SCID = 673
KEYS = LinkKeys(spacecraft={"LSAT-1": new_link_keys(SCID)})
SA = KEYS.spacecraft["LSAT-1"].tm_association()
CAPACITY = 40
CONTROL_WORD = encode_clcw(Clcw(0, 0))
LENGTH = 6 + SA.overhead + CAPACITY + 4 + 2
AOS_LAYOUT = AosLayout(frame_length=96, insert_length=2, has_header_code=True)


def packet(apid: int, count: int, size: int) -> bytes:
    return encode_packet(SpacePacket(PacketType.TELEMETRY, apid, count % 16384, bytes(k % 251 for k in range(size))))


def tm_frame(vcid: int, count: int, pointer: int, data: bytes, sa: SecurityAssociation = SA) -> bytes:
    header = TmFrameHeader(SCID, vcid, True, count, count, pointer)
    return encode_tm_frame(TmFrame(header, count, data, CONTROL_WORD), sa)


def packets_of(batch: object) -> list[bytes]:
    ends = batch.offsets.tolist()  # type: ignore[attr-defined]
    return [batch.data[a:b].tobytes() for a, b in pairwise(ends)]  # type: ignore[attr-defined]


FATES = st.sampled_from(["keep"] * 6 + ["lose", "repeat", "damage", "forge", "late"])
PACKETS = st.lists(st.tuples(st.sampled_from([5, 6, IDLE_APID]), st.integers(1, 130)), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(st.lists(PACKETS, min_size=1, max_size=3), st.data())
def test_bulk_equals_the_readable_receiver(loads: list[list[tuple[int, int]]], data: st.DataObject) -> None:
    sent: list[bytes] = []
    for vcid, load in enumerate(loads):
        packets = [packet(apid, number, size) for number, (apid, size) in enumerate(load)]
        filled = enumerate(fill_frames(packets, CAPACITY))
        sent += [tm_frame(vcid, 250 + number, pointer, field) for number, (pointer, field) in filled]
    sent = data.draw(st.permutations(sent)) if data.draw(st.booleans()) else sent
    received: list[bytes] = []
    for raw in sent:
        fate = data.draw(FATES)
        if fate == "damage":
            place = data.draw(st.integers(0, LENGTH - 1))
            raw = raw[:place] + bytes((raw[place] ^ 0x40,)) + raw[place + 1 :]
        elif fate == "forge":
            raw = append_crc(raw[:30] + bytes((raw[30] ^ 1,)) + raw[31:-2])
        received += {"lose": [], "repeat": [raw, raw], "late": [raw, *received[-2:-1]]}.get(fate, [raw])
    reference, states, expected, verdicts = FrameReceiver(KEYS), dict[int, ChannelState](), [], []
    missed = 0
    for raw in received:
        claimed = reference.channel_of(raw)
        one = reference.receive(raw, states.get(claimed[1], ChannelState()) if claimed else ChannelState())
        verdicts.append(one.verdict)
        if one.verdict is FrameVerdict.ACCEPTED:
            states[one.vcid] = ChannelState(one.extended_count, one.remainder)
            missed += one.missed_frames
            expected += one.packets
    ours = BulkReceiver(TmChannel(SCID, SA, LENGTH))
    cut = data.draw(st.integers(0, len(received)))
    first, second = (ours.receive(b"".join(part)) for part in (received[:cut], received[cut:]))
    assert packets_of(first) + packets_of(second) == expected
    assert ours.states() == states and ours.counts.missed == missed
    for found, known in zip([*first.frame_verdicts(), *second.frame_verdicts()], verdicts, strict=True):
        # A header that cannot be believed is a checksum error here, and an unknown spacecraft there.
        assert found is known or (found, known) == (FrameVerdict.CHECKSUM, FrameVerdict.UNKNOWN_SPACECRAFT)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.binary(max_size=30), st.integers(0, 0x7FF)), max_size=12), st.integers(0, 12))
def test_any_octets_are_taken_as_the_readable_function_takes_them(fields: list[tuple[bytes, int]], gap: int) -> None:
    fields = [(raw, pointer if pointer > 0x7FD else pointer % 40) for raw, pointer in fields]
    counts = [number + (number >= gap) for number in range(len(fields))]
    expected: list[bytes] = []
    remainder, last = b"", -1
    for (raw, pointer), count in zip(fields, counts, strict=True):
        if pointer < 0x7FE and pointer > len(raw):
            continue
        taken = extract_packets(raw, pointer, remainder if last in (-1, count - 1) else b"")
        expected, remainder, last = expected + list(taken.packets), taken.remainder, count
    lengths = np.array([len(raw) for raw, _ in fields], dtype=np.int64)
    assembler = _core.PacketAssembler(0)
    made = assembler.take(
        np.frombuffer(b"".join(raw for raw, _ in fields), dtype=np.uint8),
        np.cumsum(lengths) - lengths,
        lengths,
        np.array([pointer for _, pointer in fields], dtype=np.int32),
        np.zeros(len(fields), dtype=np.int32),
        np.array(counts, dtype=np.int64),
    )
    ends = made["offsets"].tolist()
    assert [made["octets"][a:b].tobytes() for a, b in pairwise(ends)] == expected
    assert assembler.channel(0) == (last, remainder)


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_error_control_equals_the_library(pieces: list[bytes]) -> None:
    protected = [append_crc(one) for one in pieces] + [one + b"\0\0" for one in pieces]
    offsets = np.cumsum([0, *map(len, protected)])
    right = _core.check_crcs(np.frombuffer(b"".join(protected), dtype=np.uint8), offsets)
    known = [len(one) > 2 and crc16(one[:-2]) == int.from_bytes(one[-2:], "big") for one in protected]
    assert right.astype(bool).tolist() == known


@pytest.mark.parametrize(
    ("suite", "options"),
    [
        (AES_256_GMAC, {}),
        (AES_256_GCM, {"authentication_mask": bytes(6)}),
        (AES_256_GCM, {"iv_transmitted": 3}),
        (AES_256_CMAC, {}),
    ],
)
def test_every_suite_and_layout_is_opened(suite: CipherSuite, options: dict[str, object]) -> None:
    sa = SecurityAssociation(7, bytes(32), suite, sequence_length=0, **options)  # type: ignore[arg-type]
    sent = [packet(5, number, 60) for number in range(6)]
    frames = [tm_frame(0, n, pointer, field, sa) for n, (pointer, field) in enumerate(fill_frames(sent, CAPACITY), 1)]
    frames[-1] = frames[-1][:40] + bytes((frames[-1][40] ^ 1,)) + frames[-1][41:]
    frames[-1] = append_crc(frames[-1][:-2])
    batch = BulkReceiver(TmChannel(SCID, sa, len(frames[0]))).receive(b"".join(frames))
    assert batch.frame_verdicts() == [FrameVerdict.ACCEPTED] * (len(frames) - 1) + [FrameVerdict.SECURITY]
    assert packets_of(batch) == sent[: len(batch)] and len(batch) >= 4


@pytest.mark.parametrize("protected", [True, False])
def test_aos_packets_survive_the_wrap_of_the_count_and_gaps_are_counted(protected: bool) -> None:
    sa = SecurityAssociation(9, bytes(range(32)), sequence_length=0)
    sent = [packet(5 + number % 2, number // 2, 30 + 7 * number) for number in range(9)]
    zone = AOS_LAYOUT.capacity(sa) - 2
    frames, expected, remainder = [], list[bytes](), b""
    for number, (pointer, field) in enumerate(fill_frames(sent, zone)):
        count = (1 << 24) - 3 + number
        frame = AosFrame(SCID & 0xFF, 3, count, pointer.to_bytes(2, "big") + field, insert=b"in", ocf=bytes(4))
        raw = encode_aos_frame(frame, sa, AOS_LAYOUT, iv=count.to_bytes(12, "big"), sequence=0)
        if number == 5:
            remainder = b""
            continue
        opened = decode_aos_frame(raw, sa, AOS_LAYOUT).data
        taken = extract_packets(opened[2:], int.from_bytes(opened[:2], "big") & 0x7FF, remainder)
        expected, remainder = expected + list(taken.packets), taken.remainder
        frames += [raw, raw]
    if not protected:  # the same frames in clear: the security header and MAC are not there
        header = AOS_LAYOUT.header_length
        frames = [append_crc(one[:header] + decode_aos_frame(one, sa, AOS_LAYOUT).data + bytes(4)) for one in frames]
    layout = AosLayout(len(frames[0]), AOS_LAYOUT.insert_length, AOS_LAYOUT.has_header_code)
    ours = BulkReceiver(AosChannel(SCID & 0xFF, sa if protected else None, layout))
    batch = ours.receive(b"".join(frames))
    assert packets_of(batch) == expected and 0 < len(expected) < len(sent)
    assert ours.counts.missed == 1 and ours.counts.verdicts[FrameVerdict.DUPLICATE] == len(frames) // 2
    losses = ours.losses()
    assert len(expected) + sum(one.lost for one in losses.values()) == len(sent)


def test_unprotected_tm_counts_frames_of_both_channels() -> None:
    clear = TmChannel(SCID, None, 60)

    def raw(vcid: int, virtual: int, master: int) -> bytes:
        first = SCID << 4 | vcid << 1
        field = packet(5, virtual, 60 - 8 - 6)
        return append_crc(first.to_bytes(2, "big") + bytes((master % 256, virtual % 256)) + b"\x18\x00" + field)

    ours = BulkReceiver(clear)
    batch = ours.receive(raw(0, 254, 10) + raw(0, 255, 11) + raw(1, 7, 13) + raw(0, 258, 14))
    assert len(batch) == 4 and ours.counts.missed == 2 and ours.counts.master_missed == 1
    assert ours.losses()[5].backward == 1  # both channels carry the APID
    batch = ours.receive(raw(0, 258, 14))
    assert batch.frame_verdicts() == [FrameVerdict.DUPLICATE]


def test_octets_that_are_no_whole_frames_are_refused() -> None:
    with pytest.raises(InputError, match="61 octets are no whole number of frames of 60"):
        BulkReceiver(TmChannel(SCID, None, 60)).receive(bytes(61))
    assert len(BulkReceiver(TmChannel(SCID, SA, 60)).receive(b"")) == 0
