"""Trainings as jobs: a worker in a process of its own, refused lines, failures told, and a queue that outlives who asked."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.worker import Job, TrainingJobs
from core.errors import InputError, NotFound
from tests.ml.lifetime.fleets import fleet, write_histories

_CLI = [sys.executable, "-m", "api.cli.main"]
_PATIENCE_S = 240.0


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def worker(models: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*_CLI, "worker", "--models", str(models)])
    yield process
    process.send_signal(signal.SIGTERM)
    process.wait(_PATIENCE_S)


def _ended(jobs: TrainingJobs, job_id: str) -> Job:
    end_s = time.monotonic() + _PATIENCE_S
    while not (job := jobs.job(job_id)).ended:
        assert time.monotonic() < end_s, job
        time.sleep(0.1)
    return job


def test_a_job_waits_for_a_worker_and_tells_why_it_failed(models: Path, tmp_path: Path) -> None:
    (tmp_path / "ml").mkdir()
    told = subprocess.run(
        [*_CLI, "ml", "train", "lifetime", "--data", str(tmp_path), "--models", str(models), "--job"],
        capture_output=True,
        text=True,
        check=True,
    )
    job_id = told.stdout.strip()
    jobs = TrainingJobs(models)  # another process asked
    assert jobs.job(job_id).state == "queued"
    process = subprocess.Popen([*_CLI, "worker", "--models", str(models)])
    try:
        job = _ended(jobs, job_id)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE_S)
    assert job.state == "failed" and "cmapss_train_FD001.parquet" in job.what
    shown = subprocess.run(
        [*_CLI, "ml", "job", job_id, "--models", str(models), "--json"], capture_output=True, check=False
    )
    assert shown.returncode == 1 and json.loads(shown.stdout)["state"] == "failed"


def test_a_worker_trains_and_registers_a_candidate(
    worker: subprocess.Popen[bytes], models: Path, tmp_path: Path
) -> None:
    write_histories(fleet(10, seed=4), tmp_path / "cmapss_train_FD001.parquet")
    jobs = TrainingJobs(models)
    job = jobs.submit(["lifetime", "--data", str(tmp_path), "--subset", "FD001", "--models", str(models)])
    seen = set()
    while not (job := jobs.job(job.job_id)).ended:
        seen.add(job.what)
        time.sleep(0.05)
    assert job.state == "done", job
    assert any("fold" in one for one in seen)
    shown = subprocess.run(
        [*_CLI, "ml", "versions", "--models", str(models), "--json"], capture_output=True, check=True, text=True
    )
    assert [(one["name"], one["state"]) for one in json.loads(shown.stdout)] == [("turbofan-fd001", "candidate")]
    assert worker.poll() is None


def test_a_job_whose_worker_was_killed_is_told_as_lost(
    models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_histories(fleet(10, seed=4), tmp_path / "cmapss_train_FD001.parquet")
    jobs = TrainingJobs(models)
    process = subprocess.Popen([*_CLI, "worker", "--models", str(models)])
    job_id = jobs.submit(["lifetime", "--data", str(tmp_path), "--subset", "FD001", "--models", str(models)]).job_id
    end_s = time.monotonic() + _PATIENCE_S
    while jobs.job(job_id).state != "running":
        assert time.monotonic() < end_s
        time.sleep(0.05)
    process.kill()
    process.wait()
    monkeypatch.setattr("api.worker._LOST_AFTER_S", 1.0)
    job = jobs.wait(job_id)
    assert job.state == "lost" and "ask for it again" in job.what


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["lifetime"], "--data"),
        (["submarine", "--data", "/x"], "invalid choice"),
        (["lifetime", "--data", "/x", "--job"], "another one"),
        (["lifetime", "--data", "/x", ";", "rm"], "unrecognized"),
    ],
)
def test_a_line_that_is_no_training_never_reaches_the_queue(models: Path, line: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        TrainingJobs(models).submit(line)
    assert not list((models / "jobs" / "queue").iterdir())


def test_an_unknown_job_is_not_found(models: Path) -> None:
    with pytest.raises(NotFound, match="no job"):
        TrainingJobs(models).job("0" * 32)
