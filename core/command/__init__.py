"""The command pipeline, one file per stage, and the fleet that it works on."""

from core.command.fleet import Fleet, FleetConfig
from core.command.keys import CommandKeys, open_keys, spacecraft_key_file
from core.command.model import Command, CommandState, Contact, Route
from core.command.pipeline import TELEMETRY_SOURCE, CommandPipeline, PipelineDeps
from core.command.policy import CommandPolicy
from core.command.register import CommandRegister

__all__ = [
    "TELEMETRY_SOURCE",
    "Command",
    "CommandKeys",
    "CommandPipeline",
    "CommandPolicy",
    "CommandRegister",
    "CommandState",
    "Contact",
    "Fleet",
    "FleetConfig",
    "PipelineDeps",
    "Route",
    "open_keys",
    "spacecraft_key_file",
]
