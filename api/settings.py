"""The service's settings: the only reader of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.time.clock import MAXIMUM_RATE

__all__ = ["Settings"]


_Days = Annotated[float | None, Field(gt=0, allow_inf_nan=False)]


class Settings(BaseSettings):
    """What an operator of the service can set: ``LLAMASPACE_<NAME>`` in the environment, or an option of the command line.

    ``policies`` is a folder of Cedar policies of the mission's own; ``approval_lifetime_s`` (mission time) is how long a
    plan waits for approval at most; ``audit_file`` is where signed checkpoints go outside the database (another disk is
    best). ``keep_packets_days``, ``keep_values_days`` and ``keep_summaries_days`` are how long telemetry is kept after it was
    generated: its octets, its values, and their least, greatest and mean; without, for ever. ``postgres`` is
    the URI of a database that gets a copy of all telemetry values. ``anomalies`` is whether models
    judge telemetry as it comes; an anomaly joins an alert of its kind and parameter that ended at most
    ``anomaly_join_minutes`` before it, and is told quietly for ``anomaly_quiet_days`` after one like it was dismissed (both
    mission time). ``model`` is any LiteLLM model name; providers read their own keys (``OPENAI_API_KEY``, …) through LiteLLM.
    """

    model_config = SettingsConfigDict(env_prefix="LLAMASPACE_", extra="ignore", frozen=True)

    data: Path = Path("data")
    mission: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    allow_remote: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    model: str = "embedded/llamaspace-1"
    model_timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    clock_rate: Annotated[float, Field(gt=0, le=MAXIMUM_RATE)] = 1.0
    clock_start: str | None = None
    simulator: bool = True
    faults: Path | None = None
    stations: Path | None = None
    alternatives: Annotated[int, Field(ge=0, le=3)] = 3
    token_lifetime_s: Annotated[int, Field(ge=60, le=86_400 * 30)] = 43_200
    housekeeping_s: Annotated[float, Field(gt=0)] = 10.0
    forbid_model_calls: bool = False
    initial_password: SecretStr | None = None
    log_level: str = "INFO"
    policies: Path | None = None
    approval_lifetime_s: Annotated[float, Field(gt=0)] = 86_400.0
    keep_packets_days: _Days = None
    keep_values_days: _Days = None
    keep_summaries_days: _Days = None
    postgres: SecretStr | None = None
    anomalies: bool = True
    anomaly_join_minutes: Annotated[float, Field(ge=0, le=10_080)] = 60.0
    anomaly_quiet_days: Annotated[float, Field(ge=0, le=365)] = 7.0
    audit_file: Path | None = None
    audit_every_events: Annotated[int, Field(ge=1)] = 1000
    audit_every_s: Annotated[float, Field(gt=0)] = 600.0
    key_store: Literal["file", "vault"] = "file"
    vault_url: str = "http://127.0.0.1:8200"
    vault_token: SecretStr | None = None
    vault_mount: str = "transit"
    vault_key_prefix: str = "llamaspace"
