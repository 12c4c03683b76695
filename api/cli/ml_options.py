"""The options of ``llamaspace ml``; imports nothing heavy, so that ``--help`` answers at once."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from types import ModuleType

__all__ = ["add_ml", "add_worker"]

_MODELS = Path("data/models")
_SUBJECTS = ("anomaly", "lifetime")


def add_ml(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``ml`` and its actions to the commands."""
    actions = commands.add_parser("ml", help="learned models: train, predict, tables, versions").add_subparsers(
        required=True, metavar="ACTION"
    )
    train = actions.add_parser("train", help="train models and register them as candidates")
    predict = actions.add_parser("predict", help="write prediction files; trains what is not there yet")
    table = actions.add_parser("table", help="train from several seeds and measure on the test splits, from raw data")
    for one in (train, predict, table):
        subjects = [*_SUBJECTS, *(["all"] if one is predict else [])]
        one.add_argument("subject", choices=subjects, help="which models")
        one.add_argument("--data", type=Path, required=True, help="folder of the raw data")
        one.add_argument(
            "--detector",
            choices=["public", "spacecraft"],
            default="public",
            help="of anomaly: those of public data sets, or that of the reference mission's telemetry (default: public)",
        )
        one.add_argument(
            "--subset",
            action="append",
            metavar="NAME",
            help="of lifetime: FD001 to FD004; of anomaly: opssat, smap_msl; as often as needed",
        )
    predict.add_argument("--out", type=Path, required=True, help="folder of the prediction files")
    predict.add_argument(
        "--drivers", action="store_true", help="of lifetime: also write what moved each prediction most"
    )
    table.add_argument("--seeds", type=int, default=5, help="how many (default: 5)")
    table.add_argument("--json", action="store_true", help="print one JSON document")
    for one in (train, predict):
        one.add_argument("--seed", type=int, default=1, help="of the training (default: 1)")
    train.add_argument("--job", action="store_true", help="put it into the queue of `llamaspace worker`")
    job = actions.add_parser("job", help="how far a job is; 1 where it failed")
    job.add_argument("job_id")
    job.add_argument("--wait", action="store_true", help="until it has ended")
    job.add_argument("--json", action="store_true", help="print one JSON document")
    for one in (train, job):
        _add_broker(one)
    labels = actions.add_parser("labels", help="what people said of anomalies, as labels to train with")
    labels.add_argument("--data", type=Path, default=Path("data"), help="data folder of the service (default: data)")
    labels.add_argument("--out", type=Path, required=True, help="file to write: .csv or .jsonl")
    labels.add_argument("--satellite", help="of one spacecraft only")
    labels.set_defaults(run=_run_labels)
    train.add_argument(
        "--ship", action="store_true", help="of the spacecraft detector: put it in the place of the shipped one"
    )
    table.add_argument(
        "--split", choices=["calibration", "test"], default="test", help="of the spacecraft detector (default: test)"
    )
    simulate = actions.add_parser("simulate", help="fly simulated spacecraft with and without faults, as training data")
    simulate.add_argument("--out", type=Path, required=True, help="folder of the flights; what is there is kept")
    simulate.add_argument("--flights", choices=["full", "small"], default="full", help="how many (default: full)")
    simulate.add_argument("--processes", type=int, default=1, help="side by side (default: 1)")
    versions = actions.add_parser("versions", help="versions of models, with aliases and who answers for them")
    versions.add_argument("name", nargs="?", help="of one model only")
    versions.add_argument("--json", action="store_true", help="print one JSON document")
    approve = actions.add_parser("approve", help="answer for a version and make it live")
    rollback = actions.add_parser("rollback", help="make the version live that was live before")
    withdraw = actions.add_parser("withdraw", help="take a version out of use for ever")
    for one in (approve, rollback, withdraw):
        one.add_argument("name")
        one.add_argument("--reason", required=True, help="why; it is kept in the log")
    for one in (approve, withdraw):
        one.add_argument("version", type=int)
    for one in (train, predict, job, versions, approve, rollback, withdraw):
        _add_models(one)
    for one, run in (
        (train, _run_train),
        (predict, _run_predict),
        (table, _run_table),
        (job, _run_job),
        (simulate, _run_simulate),
        (versions, _run_versions),
        (approve, _run_approve),
        (rollback, _run_rollback),
        (withdraw, _run_withdraw),
    ):
        one.set_defaults(run=run)


def add_worker(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``worker`` to the commands."""
    worker = commands.add_parser("worker", help="carry out the jobs of `ml train --job`, one after the other")
    _add_models(worker)
    _add_broker(worker)
    worker.set_defaults(run=_run_worker)


def _add_models(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--models", type=Path, default=_MODELS, help=f"folder of the models (default: {_MODELS.as_posix()})"
    )


def _add_broker(command: argparse.ArgumentParser) -> None:
    command.add_argument("--broker", help="URL of a Celery broker (default: a folder beside the models)")


def _subject(options: argparse.Namespace) -> ModuleType:
    spacecraft = options.subject == "anomaly" and options.detector == "spacecraft"
    return import_module("api.cli.ml_spacecraft" if spacecraft else f"api.cli.ml_{options.subject}")


def _run_train(options: argparse.Namespace) -> int:
    if options.job:
        from api.cli.ml_jobs import submit

        return submit(options)
    return int(_subject(options).train(options))


def _run_predict(options: argparse.Namespace) -> int:
    if options.subject != "all":
        return int(_subject(options).predict(options))
    each = [argparse.Namespace(**vars(options) | {"subject": one}) for one in _SUBJECTS]
    return max(int(_subject(one).predict(one)) for one in each)


def _run_table(options: argparse.Namespace) -> int:
    return int(_subject(options).table(options))


def _run_job(options: argparse.Namespace) -> int:
    from api.cli.ml_jobs import show

    return show(options)


def _run_worker(options: argparse.Namespace) -> int:
    from api.cli.ml_jobs import work

    return work(options)


def _run_labels(options: argparse.Namespace) -> int:
    from api.cli.ml_labels import labels

    return labels(options)


def _run_simulate(options: argparse.Namespace) -> int:
    from api.cli.ml_spacecraft import simulate

    return simulate(options)


def _run_versions(options: argparse.Namespace) -> int:
    from api.cli.ml_versions import list_versions

    return list_versions(options)


def _run_approve(options: argparse.Namespace) -> int:
    from api.cli.ml_versions import approve

    return approve(options)


def _run_rollback(options: argparse.Namespace) -> int:
    from api.cli.ml_versions import roll_back

    return roll_back(options)


def _run_withdraw(options: argparse.Namespace) -> int:
    from api.cli.ml_versions import withdraw

    return withdraw(options)
