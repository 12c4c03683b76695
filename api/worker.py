"""The worker: trains models as jobs of a Celery queue, one at a time, as the command line would.

A job is the line of options behind ``llamaspace ml train``: the worker parses it with the same parser, so that a job can be nothing
else. Messages are JSON; without a broker of its own the queue is a folder beside the models.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import InputError, LlamaSpaceError, NotFound

if TYPE_CHECKING:
    from celery import Celery

__all__ = ["Job", "TrainingJobs"]

_TASK: Final = "llamaspace.ml.train"
_RESULTS: Final = "api.service.training_results:TrainingResults"
_QUEUED: Final = "QUEUED"
_RUNNING: Final = "RUNNING"
_LOOK_S: Final = 0.5
_TOLD_EVERY_S: Final = 1.0
_LOST_AFTER_S: Final = 60.0
_KEPT_DAYS: Final = 90


@dataclass(frozen=True)
class Job:
    """A job as it stands.

    Args:
        job_id: Its id.
        state: queued, running, done, failed, or lost with its worker.
        share: How far it is, 0 to 1.
        what: What is being done, or why it failed.
    """

    job_id: str
    state: str
    share: float
    what: str

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "failed", "lost")


class TrainingJobs:
    """The queue of training jobs.

    Args:
        models: Folder of the models; without a broker the queue is its folder ``jobs``.
        broker: URL of a Celery broker, which then keeps the results too; None for the folder.
    Raises:
        InputError: Celery is not installed, or the URL means nothing to it.
    """

    def __init__(self, models: Path, broker: str | None = None) -> None:
        self._app = _app(models.resolve() / "jobs", broker)

    def submit(self, line: Sequence[str]) -> Job:
        """Put a job into the queue.

        Args:
            line: Options and arguments behind ``llamaspace ml train``; paths are absolute, as the worker runs elsewhere.
        Raises:
            InputError: The line is none that the command takes.
        """
        _parsed(line)
        job_id = uuid.uuid4().hex
        # Before it is in the queue: a worker that is quicker would be overwritten.
        self._app.backend.store_result(job_id, _told(0.0, "waits for a worker"), _QUEUED)
        self._app.send_task(_TASK, args=[list(line)], task_id=job_id)
        return self.job(job_id)

    def job(self, job_id: str) -> Job:
        """A job as it stands.

        Raises:
            NotFound: There is none, or it ended long ago.
        """
        from celery import states

        meta = self._app.backend.get_task_meta(job_id)  # state and content of the same moment
        state, info = meta["status"], meta["result"]
        if state == states.PENDING:
            raise NotFound(f"no job {job_id} is known here", code="unknown-job")
        if state == states.SUCCESS:
            return Job(job_id, "done", 1.0, "")
        if state == states.FAILURE:
            return Job(job_id, "failed", 0.0, str(info))
        told: dict[str, Any] = info if isinstance(info, dict) else {}
        name = "queued" if state == _QUEUED else "running"
        silent_s = time.time() - float(told.get("at", time.time()))
        if silent_s > _LOST_AFTER_S:
            return Job(job_id, "lost", 0.0, f"its worker has not been heard of for {silent_s:.0f} s; ask for it again")
        return Job(job_id, name, float(told.get("share", 0.0)), str(told.get("what", "")))

    def wait(self, job_id: str) -> Job:
        """A job once it has ended."""
        while not (job := self.job(job_id)).ended:
            time.sleep(_LOOK_S)
        return job

    def work(self) -> None:
        """Carry out jobs, one after the other, until told to stop."""
        self._app.Worker(pool="solo", concurrency=1, loglevel="INFO", optimization="fair").start()


def _app(folder: Path, broker: str | None) -> Celery:
    try:
        from celery import Celery
    except ImportError as missing:
        raise InputError("worker", "Celery is not installed: pip install 'llamaspace[worker]'") from missing
    app = Celery(
        "llamaspace", broker=broker or "filesystem://", backend=broker or f"{_RESULTS}+file://{folder / 'results'}"
    )
    if broker is None:
        for part in ("queue", "control", "results"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        queue, control = str(folder / "queue"), str(folder / "control")
        app.conf.broker_transport_options = {
            "data_folder_in": queue,
            "data_folder_out": queue,
            "control_folder": control,
        }
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        result_serializer="json",
        task_acks_late=True,
        task_default_queue="llamaspace-training",
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        result_expires=_KEPT_DAYS * 86_400,
        broker_connection_retry_on_startup=True,
    )
    app.task(name=_TASK, bind=True)(_train)
    return app


def _train(task: Any, line: list[str]) -> None:
    from api.cli.ml_versions import reported

    options = _parsed(line)
    newest, ended = [_told(0.0, "begins")], threading.Event()

    def report(share: float, what: str) -> None:
        newest[0] = _told(share, what)

    def tell() -> None:
        """Also where nothing changes, so that one can see that the worker lives."""
        while not ended.wait(_TOLD_EVERY_S):
            task.update_state(task_id=task_id, state=_RUNNING, meta=newest[0] | {"at": time.time()})

    task_id = task.request.id
    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        with reported(report):
            options.run(options)
    except LlamaSpaceError as error:
        raise RuntimeError(error.message) from error  # a type that every reader of results knows
    finally:
        ended.set()
        teller.join()  # it must not overwrite how the job ended


def _parsed(line: Sequence[str]) -> Any:
    from api.cli.main import parser

    if not all(isinstance(one, str) for one in line):
        raise InputError("job", f"{json.dumps(line)[:200]} is not a list of texts")
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options = parser().parse_args(["ml", "train", *line])
    except SystemExit as refused:
        raise InputError("job", (said.getvalue().strip().splitlines() or ["is no training"])[-1]) from refused
    if getattr(options, "job", False):
        raise InputError("job", "a job cannot ask for another one")
    return options


def _told(share: float, what: str) -> dict[str, Any]:
    return {"share": share, "what": what}
