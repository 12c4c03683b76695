"""Accounts with Argon2 password hashes, and signed, expiring access tokens.

There is no default password: the first start makes one account per role with a random secret and returns the secrets
once, for the terminal.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Boolean, Column, Connection, Float, MetaData, String, Table, func, insert, select, update

from api.auth.errors import NotSignedIn
from core.errors import Conflict, NotFound
from core.store import Database
from tools.contract import Role

__all__ = ["ACCOUNT_TABLES", "Accounts", "Token", "User"]

ACCOUNT_TABLES: Final = MetaData()
_accounts = Table(
    "accounts",
    ACCOUNT_TABLES,
    Column("username", String(64), primary_key=True),
    Column("role", String(32), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
)
_secrets = Table(
    "token_secrets",
    ACCOUNT_TABLES,
    Column("name", String(32), primary_key=True),
    Column("secret", String(128), nullable=False),
)
_links = Table(
    "login_links",
    ACCOUNT_TABLES,
    Column("token_hash", String(128), primary_key=True),
    Column("username", String(64), nullable=False),
    Column("expires_wall_s", Float, nullable=False),
    Column("used", Boolean, nullable=False),
)

_FIRST_ACCOUNTS: Final = (Role.OPERATOR, Role.PLANNER, Role.FLIGHT_DIRECTOR, Role.ADMIN)
_LINK_LIFETIME_S: Final = 900.0
_ALGORITHM: Final = "HS256"


class User(BaseModel):
    """Somebody who is signed in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username: str
    role: Role


@dataclass(frozen=True)
class Token:
    """A signed access token; ``expires_wall_s`` is Unix time."""

    value: str
    expires_wall_s: float


class Accounts:
    """Accounts in the database.

    Args:
        database: Where they are kept.
        token_lifetime_s: How long a sign-in lasts.
    """

    def __init__(self, database: Database, token_lifetime_s: float) -> None:
        self._database = database
        self._lifetime_s = token_lifetime_s
        self._hasher = PasswordHasher()
        database.create(ACCOUNT_TABLES)
        self._key = self._signing_key()

    @cached_property
    def _decoy(self) -> str:
        """Verified against when the username is unknown, so that both cases take the same time."""
        return self._hasher.hash(secrets.token_urlsafe(16))

    def create_first(self, password: str | None = None) -> dict[str, str]:
        """On an empty database one account per role; returns the secrets, which are stored nowhere else."""
        with self._database.read() as connection:
            if connection.execute(select(func.count()).select_from(_accounts)).scalar():
                return {}
        made = {role.value: password or secrets.token_urlsafe(12) for role in _FIRST_ACCOUNTS}
        with ThreadPoolExecutor() as pool:  # a hash is slow on purpose, and leaves the interpreter free
            hashed = dict(zip(made, pool.map(self._hasher.hash, made.values()), strict=True))
        with self._database.write() as connection:
            for username, password_hash in hashed.items():
                values = {"username": username, "role": username, "password_hash": password_hash, "active": True}
                connection.execute(insert(_accounts).values(**values))
        return made

    def add(self, username: str, role: Role, password: str) -> None:
        """One more account.

        Raises:
            Conflict: There is an account of that name.
        """
        if self._row(username) is not None:
            raise Conflict(f"there is an account {username!r} already", code="account-exists")
        values = {"username": username, "role": role, "password_hash": self._hasher.hash(password), "active": True}
        with self._database.write() as connection:
            connection.execute(insert(_accounts).values(**values))

    def sign_in(self, username: str, password: str) -> tuple[User, Token]:
        """A user and token for the right password; NotSignedIn otherwise, without saying which part was wrong."""
        row = self._row(username)
        try:
            self._hasher.verify(row["password_hash"] if row else self._decoy, password)
        except (VerifyMismatchError, InvalidHashError) as error:
            raise NotSignedIn("the username or the password is wrong", code="bad-credentials") from error
        if row is None or not row["active"]:
            raise NotSignedIn("the username or the password is wrong", code="bad-credentials")
        user = User(username=row["username"], role=Role(row["role"]))
        return user, self.token_for(user)

    def token_for(self, user: User) -> Token:
        """A fresh token for a user."""
        expires = time.time() + self._lifetime_s
        claims = {"sub": user.username, "role": user.role.value, "exp": expires, "jti": secrets.token_hex(8)}
        return Token(jwt.encode(claims, self._key, algorithm=_ALGORITHM), expires)

    def user_of(self, token: str) -> User:
        """The user whom a token names; the account is looked up again, so that a removed role ends at once."""
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM], options={"require": ["exp", "sub"]})
        except jwt.ExpiredSignatureError as error:
            raise NotSignedIn("your sign-in has expired: sign in again", code="token-expired") from error
        except jwt.InvalidTokenError as error:
            raise NotSignedIn("the access token is not valid", code="bad-token") from error
        row = self._row(str(claims["sub"]))
        if row is None or not row["active"]:
            raise NotSignedIn("this account is no longer active", code="inactive-account")
        return User(username=row["username"], role=Role(row["role"]))

    def role_of(self, username: str) -> Role | None:
        """The role that somebody holds now; None where there is no such account, or none that is active."""
        row = self._row(username)
        return Role(row["role"]) if row is not None and row["active"] else None

    def change_in(self, connection: Connection, username: str, role: Role, *, active: bool) -> User:
        """Give an account another role, or close it, in the caller's transaction; it holds from the next request on.

        Raises:
            NotFound: There is no such account.
        """
        values = {"role": role, "active": active}
        changed = connection.execute(update(_accounts).where(_accounts.c.username == username).values(**values))
        if not changed.rowcount:
            raise NotFound(f"there is no account {username!r}", code="unknown-account")
        return User(username=username, role=role)

    def make_link(self, username: str) -> str:
        """A token that signs its holder in once, within 15 minutes."""
        token = secrets.token_urlsafe(24)
        values = {
            "token_hash": _digest(token),
            "username": username,
            "expires_wall_s": time.time() + _LINK_LIFETIME_S,
            "used": False,
        }
        with self._database.write() as connection:
            connection.execute(insert(_links).values(**values))
        return token

    def use_link(self, token: str) -> tuple[User, Token]:
        """Spend a one-time link; NotSignedIn when it is unknown, spent or old."""
        with self._database.write() as connection:
            row = connection.execute(select(_links).where(_links.c.token_hash == _digest(token))).mappings().first()
            if row is None or row["used"] or row["expires_wall_s"] < time.time():
                raise NotSignedIn("this link has been used or has expired: sign in with your password", code="bad-link")
            connection.execute(update(_links).where(_links.c.token_hash == row["token_hash"]).values(used=True))
        account = self._row(row["username"])
        if account is None or not account["active"]:
            raise NotSignedIn("this account is no longer active", code="inactive-account")
        user = User(username=account["username"], role=Role(account["role"]))
        return user, self.token_for(user)

    def _row(self, username: str) -> Any:
        with self._database.read() as connection:
            return connection.execute(select(_accounts).where(_accounts.c.username == username)).mappings().first()

    def _signing_key(self) -> str:
        with self._database.write() as connection:
            key = connection.execute(select(_secrets.c.secret).where(_secrets.c.name == "access")).scalar()
            if key is None:
                key = secrets.token_hex(32)
                connection.execute(insert(_secrets).values(name="access", secret=key))
        return str(key)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
