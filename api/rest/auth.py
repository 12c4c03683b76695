"""Signing in and out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from api.auth.accounts import Token, User
from api.auth.dependencies import COOKIE, CurrentRuntime, Viewer
from core.time import format_utc

__all__ = ["router"]

router = APIRouter(prefix="/auth", tags=["auth"])


class Credentials(BaseModel):
    """Username and password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class SignedIn(BaseModel):
    """A token for API clients; the browser gets the same as a cookie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_token: str
    token_type: str = "bearer"  # RFC 6750
    expires_at: str
    user: User


@router.post("/login")
def login(credentials: Credentials, request: Request, response: Response, runtime: CurrentRuntime) -> SignedIn:
    """Sign in with username and password."""
    user, token = runtime.accounts.sign_in(credentials.username, credentials.password)
    _set_cookie(response, token, secure=request.url.scheme == "https")
    expires = datetime.fromtimestamp(int(token.expires_wall_s), tz=UTC)
    return SignedIn(access_token=token.value, expires_at=format_utc(expires), user=user)


@router.get("/link", response_class=RedirectResponse, status_code=303)
def link(
    token: Annotated[str, Query(min_length=1, max_length=128)], request: Request, runtime: CurrentRuntime
) -> Response:
    """Sign this browser in with a one-time link."""
    _, signed = runtime.accounts.use_link(token)
    response = RedirectResponse("/", status_code=303)
    _set_cookie(response, signed, secure=request.url.scheme == "https")
    return response


@router.post("/logout", status_code=204)
def logout(response: Response) -> None:
    """Forget the browser's cookie."""
    response.delete_cookie(COOKIE, samesite="strict", httponly=True)


@router.get("/me")
def me(user: Viewer) -> User:
    """Who is signed in."""
    return user


def _set_cookie(response: Response, token: Token, *, secure: bool) -> None:
    lifetime_s = max(0, int(token.expires_wall_s - datetime.now(tz=UTC).timestamp()))
    response.set_cookie(COOKIE, token.value, max_age=lifetime_s, httponly=True, samesite="strict", secure=secure)
