"""What a stack does to the link keys on the ground: the proof of a new key, the switch to it, and the way back."""

from __future__ import annotations

from typing import Final

from core.command.link_keys import LinkKeyFile
from core.command.stack import Stack
from core.errors import CommandRefused, LinkError
from core.link import SpacecraftLinkKeys
from core.link.procedure_units import decode_unit
from core.link.rollover import GROUND_ACTIONS, GroundAction, answers_challenge
from core.mdb import MissionDatabase, decode_packet
from core.telemetry import Archive

__all__ = ["KeySteps"]

_SERVICE: Final = 130
_REPORT: Final = 2
_UNIT: Final = "security_unit"
_PAGE: Final = 1000


class KeySteps:
    """Changes of the key file by stacks.

    Args:
        file: The link keys.
        archive: Packets, among them the answers of security units.
        mdb: Their meaning.
    """

    def __init__(self, file: LinkKeyFile, archive: Archive, mdb: MissionDatabase) -> None:
        self._file = file
        self._archive = archive
        self._mdb = mdb

    def carry_out(self, stack: Stack, action: GroundAction) -> bool:
        """Change the key file; False while the proof has not arrived.

        Raises:
            Conflict: The change of keys has not come so far.
            CommandRefused: It has begun for another stack, or the spacecraft has answered with another key.
        """
        keys = self._file.current().spacecraft[stack.satellite]
        if keys.rollover is not None and keys.rollover.stack_id != stack.stack_id:
            raise CommandRefused(
                f"the change of keys that has begun is of {keys.rollover.stack_id}, not of {stack.stack_id}",
                code="KEY-001",
                stage="protect",
            )
        if action is GroundAction.PROVE and not self._proved(stack.satellite, keys):
            return False
        self._file.change(stack.satellite, GROUND_ACTIONS[action])
        return True

    def _proved(self, satellite: str, keys: SpacecraftLinkKeys) -> bool:
        """Whether an answer to the open challenge has arrived.

        The challenge is random and used once: an answer to it is of this change, whenever it came.
        """
        after = 0
        while found := self._archive.packets(after=after, service=_SERVICE, limit=_PAGE):
            after = found[-1].packet_id
            for packet in found:
                if packet.satellite != satellite or packet.subtype != _REPORT:
                    continue
                try:
                    raw = decode_packet(self._mdb, packet.raw).parameters[_UNIT].raw
                    verdict = answers_challenge(keys, decode_unit(raw)) if isinstance(raw, bytes) else None
                except LinkError:
                    continue  # an answer that cannot be read proves nothing
                if verdict is False:
                    raise CommandRefused(
                        f"{satellite} does not hold the new key: its answer to the challenge is wrong",
                        code="KEY-002",
                        stage="protect",
                    )
                if verdict:
                    return True
        return False
