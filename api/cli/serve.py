"""``llamaspace serve``: the service, its accounts on the first start, and a one-time link for the local browser."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import socket
import sys
from typing import Any, Final

import structlog
import uvicorn
from pydantic import ValidationError

from api.app import build_runtime, create_app
from api.service.runtime import Runtime
from api.settings import Settings
from api.ws.shared_frames import SOCKET_OPTIONS
from core.errors import InputError, StoreError

__all__ = ["serve"]

_OPTIONS: Final = ("mission", "data", "host", "port", "model", "clock_rate", "clock_start", "faults", "allow_remote")


def serve(options: argparse.Namespace) -> int:
    """Run until stopped; 2 when it cannot start."""
    settings = _settings(options)
    _configure_logging(settings.log_level)
    _check_exposure(settings)
    with _listen(settings) as listener:
        try:
            runtime = build_runtime(settings)
        except OSError as error:
            raise StoreError(f"cannot use the data folder {settings.data}: {error}") from error
        port = listener.getsockname()[1]
        _introduce(runtime, settings, port)
        config = uvicorn.Config(
            create_app(runtime),
            log_config=None,
            access_log=False,
            lifespan="on",
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
            timeout_graceful_shutdown=5,
            **SOCKET_OPTIONS,
        )
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    given: dict[str, Any] = {name: value for name in _OPTIONS if (value := getattr(options, name)) is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(".".join(str(part) for part in first["loc"]), first["msg"]) from error


def _check_exposure(settings: Settings) -> None:
    """Beyond this machine only with TLS, or when somebody says so."""
    if settings.host == "localhost" or _is_loopback(settings.host):
        return
    if settings.tls_certificate is None and not settings.allow_remote:
        raise InputError(
            "host",
            f"{settings.host} is reachable from other machines: give a TLS certificate and key "
            "(LLAMASPACE_TLS_CERTIFICATE, LLAMASPACE_TLS_KEY), or --allow-remote behind a proxy that has them",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise InputError("port", f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    return listener


def _introduce(runtime: Runtime, settings: Settings, port: int) -> None:
    """Tell the terminal where the service is, and once, the secrets of its first accounts."""
    fixed = settings.initial_password.get_secret_value() if settings.initial_password else None
    made = runtime.accounts.create_first(fixed)
    scheme = "https" if settings.tls_certificate else "http"
    address = f"{scheme}://{settings.host}:{port}"
    lines = [f"LlamaSpace: {runtime.mission.name}, model {runtime.model}"]
    if made and fixed is None:
        lines.append("First start: these accounts were made. Their passwords are shown only now:")
        lines += [f"  {username:<16} {password}" for username, password in made.items()]
    lines.append(f"Console and API: {address}")
    link = runtime.accounts.make_link("operator")
    lines.append(f"Sign in as operator, once, within 15 minutes: {address}/api/v1/auth/link?token={link}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _configure_logging(level: str) -> None:
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise InputError("log_level", f"{level!r} is not one of DEBUG, INFO, WARNING, ERROR")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
