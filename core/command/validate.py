"""Stage 1, validate: is this plan approved as it is, fresh, complete and encodable, and not a duplicate?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from core.command.model import Command, CommandState, Contact, command_id_of
from core.command.policy import CommandPolicy
from core.errors import CommandRefused, InputError, NotFound
from core.mdb import MissionDatabase, encode_command
from core.mission.model import Mission
from core.plan.activity import Activity, UplinkActivity
from core.plan.model import Approval, MissionPlan
from core.time import Clock, duration_s

__all__ = ["check_duplicates", "check_plan", "draft_commands"]

_STAGE = "validate"


def check_plan(plan: MissionPlan, approvals: Sequence[Approval], clock: Clock, policy: CommandPolicy) -> None:
    """Refuse a plan that is not validated and approved in exactly this revision, or rests on old state.

    Raises:
        CommandRefused: With the reason.
    """
    revision_hash = plan.revision_hash()
    report = plan.validation
    if report is None or report.revision_hash != revision_hash:
        raise _refusal("the plan has no validation report of this revision")
    if report.blocked:
        raise _refusal("the plan's validation blocks it")
    if not approvals:
        raise _refusal("the plan has no approval")
    for approval in approvals:
        if approval.revision_hash != revision_hash:
            raise _refusal(
                f"the approval by {approval.by} is of revision {approval.revision_hash[:12]}, not {revision_hash[:12]}"
            )
    now_utc = clock.now_utc()
    for initial in plan.initial:
        age_s = duration_s(initial.as_of, now_utc)
        if age_s > policy.maximum_state_age_s:
            raise _refusal(
                f"the state of {initial.satellite} is {age_s:.0f} s old, the limit is {policy.maximum_state_age_s:.0f} s",
                age_s=age_s,
                limit_s=policy.maximum_state_age_s,
            )


def draft_commands(plan: MissionPlan, mission: Mission, mdb: MissionDatabase, now_utc: datetime) -> list[Command]:
    """Every command of a plan, encoded, with the contacts it may go up in.

    Raises:
        CommandRefused: An argument is wrong, or a command has no contact or no time left.
    """
    revision_hash = plan.revision_hash()
    drafted = []
    for activity in plan.activities:
        for number, spec in enumerate(activity.commands):
            try:
                mission.craft(activity.satellite)
                definition = mdb.command(spec.command)
                encoded = encode_command(mdb, spec.command, spec.arguments)
            except (InputError, NotFound) as error:
                raise _refusal(f"activity {activity.activity_id}: {error.message}") from error
            contacts = _contacts(plan, activity, spec.execute_at)
            drafted.append(
                Command(
                    command_id=command_id_of(plan.plan_id, plan.revision, activity.activity_id, number),
                    plan_id=plan.plan_id,
                    revision=plan.revision,
                    revision_hash=revision_hash,
                    activity_id=activity.activity_id,
                    satellite=activity.satellite,
                    mnemonic=spec.command,
                    arguments=spec.arguments,
                    execute_at=spec.execute_at,
                    command_class=definition.command_class,
                    application_data_hex=encoded.application_data.hex(),
                    service=encoded.service,
                    subtype=encoded.subtype,
                    contacts=contacts,
                    state=CommandState.DRAFTED,
                    updated_at=now_utc,
                )
            )
            if spec.execute_at <= now_utc:
                raise _refusal(
                    f"{drafted[-1].command_id} was to execute at {spec.execute_at.isoformat()}, which is past"
                )
    if not drafted:
        raise _refusal("the plan has no commands")
    return drafted


def check_duplicates(drafted: Sequence[Command], open_twin: Callable[[Command], Command | None]) -> None:
    """Refuse a command that an open command of another plan or revision already does."""
    for command in drafted:
        twin = open_twin(command)
        if twin is not None and twin.command_id != command.command_id:
            raise _refusal(
                f"{command.mnemonic} at {command.execute_at.isoformat()} is already open as {twin.command_id}"
            )


def _contacts(plan: MissionPlan, activity: Activity, execute_at: datetime) -> tuple[Contact, ...]:
    """The uplink contacts of the satellite, and the activity's own, that begin before execution."""
    passes = [
        one.contact
        for one in plan.activities
        if isinstance(one, UplinkActivity) and one.satellite == activity.satellite
    ]
    if activity.contact is not None:
        passes.append(activity.contact)
    contacts = {
        Contact(station=one.station, start=one.window.start, end=one.window.end)
        for one in passes
        if one.window.start <= execute_at
    }
    if not contacts:
        raise _refusal(
            f"activity {activity.activity_id}: no uplink contact of {activity.satellite} begins before {execute_at.isoformat()}"
        )
    return tuple(sorted(contacts, key=lambda one: one.start))


def _refusal(message: str, **facts: Any) -> CommandRefused:
    return CommandRefused(message, stage=_STAGE, **facts)
