"""Who gets in, and with what."""

from __future__ import annotations

import time
from pathlib import Path

import jwt
import pytest

from api.auth.accounts import User
from tests.api.conftest import PASSWORD, Service
from tools.contract import Role

Headers = dict[str, str]


def test_an_administrator_changes_other_accounts_and_never_their_own(service: Service, operator: Headers) -> None:
    admin = service.as_role("admin")
    service.runtime.accounts.add("vera", Role.VIEWER, PASSWORD)
    vera = service.as_role("vera")
    put = service.client.put
    assert put("/api/v1/accounts/vera", json={"role": "operator"}, headers=operator).status_code == 403
    own = put("/api/v1/accounts/admin", json={"role": "flight_director"}, headers=admin)
    assert (own.status_code, own.json()["code"]) == (403, "own-account")
    assert put("/api/v1/accounts/vera", json={"role": "operator"}, headers=admin).json()["role"] == "operator"
    assert service.client.get("/api/v1/auth/me", headers=vera).json()["role"] == "operator"
    put("/api/v1/accounts/vera", json={"role": "operator", "active": False}, headers=admin)
    assert service.client.get("/api/v1/auth/me", headers=vera).status_code == 401
    assert put("/api/v1/accounts/nobody", json={"role": "viewer"}, headers=admin).status_code == 404
    told = service.runtime.events.read(subject="vera")
    assert [(one.kind, one.actor) for one in told] == [("account.changed", "user:admin")] * 2


def test_nobody_gets_in_without_signing_in(service: Service) -> None:
    for path in ("auth/me", "mission", "plans", "intents/x", "commands", "audit", "telemetry/latest?satellite=LSAT-1"):
        answer = service.client.get(f"/api/v1/{path}")
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_wrong_password_and_an_unknown_name_look_the_same(service: Service) -> None:
    answers = [
        service.client.post("/api/v1/auth/login", json={"username": name, "password": "wrong"})
        for name in ("operator", "nobody")
    ]
    assert {one.status_code for one in answers} == {401}
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_an_expired_token_is_refused(service: Service) -> None:
    key = service.runtime.accounts._key
    old = jwt.encode({"sub": "operator", "role": "operator", "exp": time.time() - 1}, key, algorithm="HS256")
    answer = service.client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {old}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token-expired")


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_a_forged_token_is_refused(algorithm: str, service: Service) -> None:
    key = "" if algorithm == "none" else "k" * 64
    forged = jwt.encode({"sub": "planner", "role": "planner", "exp": time.time() + 100}, key, algorithm=algorithm)
    answer = service.client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {forged}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad-token")


def test_a_role_in_a_token_does_not_count_but_the_account_does(service: Service) -> None:
    key = service.runtime.accounts._key
    claims = {"sub": "operator", "role": "flight_director", "exp": time.time() + 100}
    raised = jwt.encode(claims, key, algorithm="HS256")
    answer = service.client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {raised}"})
    assert answer.json() == {"username": "operator", "role": "operator"}


def test_a_link_signs_in_once(service: Service) -> None:
    token = service.runtime.accounts.make_link("operator")
    first = service.client.get(f"/api/v1/auth/link?token={token}", follow_redirects=False)
    assert first.status_code == 303
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert service.client.get(f"/api/v1/auth/link?token={token}", follow_redirects=False).status_code == 401
    service.client.cookies.clear()


def test_the_secrets_are_shown_once_and_stored_nowhere(service: Service) -> None:
    assert service.runtime.accounts.create_first("another") == {}
    stored = Path(str(service.runtime.database.engine.url.database)).parent
    content = b"".join(path.read_bytes() for path in stored.glob("llamaspace.db*"))
    assert content and PASSWORD.encode() not in content


def test_admin_has_no_flight_authority() -> None:
    assert not Role.ADMIN.covers(Role.OPERATOR)
    assert Role.FLIGHT_DIRECTOR.covers(Role.PLANNER) and not Role.VIEWER.covers(Role.OPERATOR)
    assert User(username="a", role=Role.ADMIN).role is Role.ADMIN
