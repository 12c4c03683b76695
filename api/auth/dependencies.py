"""FastAPI dependencies: the service's runtime, the signed-in user, the role a route needs."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from api.auth.accounts import User
from api.auth.errors import NotAllowed, NotSignedIn
from api.service.runtime import Runtime
from core.authority import Action, Decision, Person

__all__ = [
    "COOKIE",
    "CurrentRuntime",
    "Operator",
    "Planner",
    "Reviewer",
    "Viewer",
    "may",
    "require",
    "token_of",
    "user_of_connection",
]

COOKIE: Final = "llamaspace_session"


def runtime_of(request: Request) -> Runtime:
    """The runtime that the application was started with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def token_of(connection: HTTPConnection) -> str:
    """The access token of a request or socket: the bearer header first, then the cookie."""
    scheme, _, value = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    cookie = connection.cookies.get(COOKIE)
    if not cookie:
        raise NotSignedIn("sign in first")
    return cookie


def user_of_connection(connection: HTTPConnection) -> User:
    """Who makes a request or opened a socket."""
    runtime: Runtime = connection.app.state.runtime
    return runtime.accounts.user_of(token_of(connection))


def may(action: Action) -> Any:
    """A dependency that gives the user, if the policies let them do what the route does; a denial is written down."""

    def check(request: Request) -> User:
        user = user_of_connection(request)
        require(runtime_of(request), user, action)
        return user

    return Depends(check)


def require(runtime: Runtime, user: User, action: Action) -> None:
    """Refuse what the policies do not let somebody do; the decision is written down.

    Raises:
        NotAllowed: Says which roles may.
    """
    person = Person(user.username, user.role.value)
    decision = runtime.policies.may(person, action)
    runtime.decisions.record(decision, person, None, runtime.clock.now_utc())
    if not decision.allowed:
        raise NotAllowed(_told(runtime, decision, user), code=decision.code or None)


def _told(runtime: Runtime, decision: Decision, user: User) -> str:
    if decision.code:
        return decision.reason
    roles = " or ".join(runtime.policies.roles_that_may(decision.action)) or "that no policy names"
    return f"this needs the role {roles}; you are {user.role}"


CurrentRuntime = Annotated[Runtime, Depends(runtime_of)]
Viewer = Annotated[User, may(Action.READ)]
Operator = Annotated[User, may(Action.SUBMIT_INTENT)]
Planner = Annotated[User, may(Action.EDIT_PLAN)]
Reviewer = Annotated[User, may(Action.REVIEW_PLAN)]
