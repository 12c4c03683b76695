"""Messages of the ground connection: round trips, any cut of the stream, and garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ground.errors import GroundMessageMalformed
from core.ground.messages import (
    Acknowledge,
    ClockSet,
    ContactStatus,
    Hello,
    MessageReader,
    SendCltu,
    TmDelivery,
    encode_message,
)

names = st.text(max_size=40)
finite = st.floats(allow_nan=False, allow_infinity=False)
indices = st.integers(0, 2**64 - 1)
messages = st.one_of(
    st.builds(Hello, indices),
    st.builds(ClockSet, finite, finite, finite),
    st.builds(SendCltu, names, names, st.binary(max_size=300)),
    st.builds(Acknowledge, indices),
    st.builds(TmDelivery, indices, finite, names, st.binary(max_size=1200)),
    st.builds(ContactStatus, finite, st.booleans(), names, names),
)


@given(st.lists(messages, max_size=6), st.lists(st.integers(1, 400), max_size=30))
def test_messages_come_back_however_the_stream_is_cut(sent: list, cuts: list[int]) -> None:
    stream, reader, received = b"".join(map(encode_message, sent)), MessageReader(), []
    for cut in [*cuts, len(stream)]:
        received += reader.feed(stream[:cut])
        stream = stream[cut:]
    assert received == sent


@given(st.binary(max_size=80))
def test_garbage_is_a_named_error_or_waits_for_more(octets: bytes) -> None:
    try:
        MessageReader().feed(octets)
    except GroundMessageMalformed:
        return


def test_a_length_beyond_the_limit_and_an_unknown_kind_are_refused() -> None:
    with pytest.raises(GroundMessageMalformed, match="outside 1 to 65536"):
        MessageReader().feed(b"\xff\xff\xff\xff")
    with pytest.raises(GroundMessageMalformed, match="kind 99"):
        MessageReader().feed(b"\x00\x00\x00\x01\x63")
    with pytest.raises(GroundMessageMalformed, match="255 are allowed"):
        encode_message(SendCltu("x" * 256, "y", b""))
