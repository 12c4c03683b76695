"""FastAPI dependencies: the service's runtime, the signed-in user, the role a route needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from api.auth.accounts import User
from api.auth.errors import NotAllowed, NotSignedIn
from api.service.runtime import Runtime
from tools.contract import Role

__all__ = ["COOKIE", "CurrentRuntime", "Director", "Operator", "Planner", "Viewer", "token_of", "user_of_connection"]

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


def at_least(needed: Role) -> Callable[[Request], User]:
    """A dependency that gives the user, if the role covers what the route needs."""

    def check(request: Request) -> User:
        user = user_of_connection(request)
        if not user.role.covers(needed):
            raise NotAllowed(f"this needs the role {needed}; you are {user.role}")
        return user

    return check


CurrentRuntime = Annotated[Runtime, Depends(runtime_of)]
Viewer = Annotated[User, Depends(at_least(Role.VIEWER))]
Operator = Annotated[User, Depends(at_least(Role.OPERATOR))]
Planner = Annotated[User, Depends(at_least(Role.PLANNER))]
Director = Annotated[User, Depends(at_least(Role.FLIGHT_DIRECTOR))]
