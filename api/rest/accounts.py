"""Accounts: an administrator gives roles and takes them, and never their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from api.auth.accounts import User
from api.auth.dependencies import CurrentRuntime, may
from api.auth.errors import NotAllowed
from core.authority import Action
from tools.contract import Role

__all__ = ["router"]

router = APIRouter(prefix="/accounts", tags=["accounts"])


class AccountChange(BaseModel):
    """The role that somebody is to have, and whether they may sign in at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    active: bool = True


@router.put("/{username}")
def change(
    username: Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,64}$")],
    account: AccountChange,
    admin: Annotated[User, may(Action.MANAGE_ACCOUNTS)],
    runtime: CurrentRuntime,
) -> User:
    """Change an account; it holds from the next request on, and for approvals that are not released yet."""
    if username == admin.username:
        raise NotAllowed("an administrator does not change their own account", code="own-account")
    with runtime.database.write() as connection:
        changed = runtime.accounts.change_in(connection, username, account.role, active=account.active)
        runtime.events.append(
            connection,
            "account.changed",
            username,
            actor=f"user:{admin.username}",
            at_utc=runtime.clock.now_utc(),
            payload={"role": account.role.value, "active": account.active},
        )
    return changed
