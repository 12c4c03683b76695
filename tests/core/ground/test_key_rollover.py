"""The keys of a flying spacecraft are changed over the link, without a moment in which no telecommand is accepted."""

from __future__ import annotations

from flight import KEYS, SCID, Flight

from core.command.frame import build_frame
from core.command.protect import LinkCounters
from core.link import Telecommand, encode_cltu, encode_telecommand
from core.link.keys import MASTER_KEY_ID, SPARE_TC_SPI, TC_KEY_ID, TC_SPI, tc_association
from core.link.procedure_units import (
    Procedure,
    ProcedureUnit,
    check_answers,
    decode_unit,
    encode_unit,
    key_list,
    seal_upload,
    spi_unit,
)
from core.link.sdls import SecurityAssociation
from core.mdb import encode_command, reference_mdb

NEW_ID, NEW_KEY = 131, bytes(range(100, 132))
CHALLENGE = bytes(range(16))
OVER_OLD, OVER_NEW = KEYS.tc_association(), tc_association(SPARE_TC_SPI, NEW_KEY)


class Link:
    """Sends procedures over an association, counting as a control centre would."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.frame, self.sequence = 0, {TC_SPI: 0, SPARE_TC_SPI: 0}

    def send(self, unit: ProcedureUnit, over: SecurityAssociation = OVER_OLD) -> list[str]:
        encoded = encode_command(reference_mdb(), "SECURITY_PROCEDURE", {"unit": encode_unit(unit)})
        packet = encode_telecommand(Telecommand(SCID, self.frame, 130, 1, encoded.application_data))
        self.sequence[over.spi] += 1
        counters = LinkCounters(self.frame % 256, self.sequence[over.spi], self.frame)
        self.frame += 1
        self.flight.craft.receive_cltu(encode_cltu(build_frame(SCID, over, packet, counters)))
        self.reports = self.flight.decoded()
        return [one.name for one in self.reports]

    def answer(self) -> ProcedureUnit:
        found = next(one for one in self.reports if one.name == "SecurityReport")
        return decode_unit(bytes(found.parameters["security_unit"].raw))  # type: ignore[arg-type]


def test_telecommands_move_to_a_new_key_and_the_old_one_is_destroyed() -> None:
    assert KEYS.master_key is not None
    master = bytes.fromhex(KEYS.master_key.get_secret_value())
    link = Link(Flight())
    done = ["AcceptanceSuccess", "StartSuccess", "CompletionSuccess"]
    assert link.send(seal_upload(MASTER_KEY_ID, master, bytes(12), {NEW_ID: NEW_KEY})) == done
    link.send(ProcedureUnit(Procedure.KEY_VERIFICATION, NEW_ID.to_bytes(2, "big") + CHALLENGE))
    assert check_answers(link.answer().content, {NEW_ID: NEW_KEY}, {NEW_ID: CHALLENGE}) == (NEW_ID,)
    assert link.send(key_list(Procedure.KEY_ACTIVATION, [NEW_ID])) == done
    assert link.send(spi_unit(Procedure.REKEY_SA, SPARE_TC_SPI, NEW_ID.to_bytes(2, "big") + bytes(4))) == done
    assert link.send(spi_unit(Procedure.START_SA, SPARE_TC_SPI, bytes(4))) == done

    link.flight = link.flight.again()  # a restart in the middle forgets nothing
    assert link.send(spi_unit(Procedure.STOP_SA, TC_SPI), OVER_NEW) == done
    assert link.send(spi_unit(Procedure.EXPIRE_SA, TC_SPI), OVER_NEW) == done
    assert link.send(key_list(Procedure.KEY_DEACTIVATION, [TC_KEY_ID]), OVER_NEW) == done
    assert link.send(key_list(Procedure.KEY_DESTRUCTION, [TC_KEY_ID]), OVER_NEW) == done

    link.frame += 0
    assert link.send(ProcedureUnit(Procedure.PING), OVER_OLD) == ["EventLowSeverity"]  # the old key opens nothing
    link.frame -= 1  # and FARM-1 has not counted that frame
    assert "SecurityReport" in link.send(ProcedureUnit(Procedure.PING), OVER_NEW)


def test_a_request_that_would_lock_the_operator_out_is_refused_and_reported() -> None:
    link = Link(Flight())
    assert link.send(spi_unit(Procedure.STOP_SA, TC_SPI)) == ["AcceptanceSuccess", "StartFailure"]
    assert link.reports[-1].parameters["failure_code"].value == "procedure_refused"
    assert "SecurityReport" in link.send(ProcedureUnit(Procedure.LOG_STATUS))
    assert link.answer().content[:2] == b"\0\1"
