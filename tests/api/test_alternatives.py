"""A drafted plan gets its alternatives by itself, after the answer, and no approval is touched by them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from starlette.testclient import TestClient

from api.app import create_app
from evals.proposals import context_at
from tests.api.conftest import Service, make_runtime
from tests.api.story import plan_of, say
from tools.plans import GET_PLAN


def test_a_drafted_plan_gets_alternatives_that_are_shown(tmp_path: Path) -> None:
    runtime = make_runtime(tmp_path, alternatives=2)
    app = create_app(runtime)
    with TestClient(app, raise_server_exceptions=False) as client:
        service = Service(app=app, runtime=runtime, client=client)
        operator = service.as_role("operator")
        intent = say(client, operator, "Downlink 800 MB from LSAT-1 at Svalbard before tomorrow noon")
        plan, digest = plan_of(client, operator, intent["plan_id"])
        deadline = time.monotonic() + 90.0
        while not plan["alternatives"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
            plan, same = plan_of(client, operator, intent["plan_id"])
            assert same == digest  # what an approval binds has not changed
        assert len(plan["alternatives"]) == 2
        assert all({"description", "differences", "blocking_codes"} == set(one) for one in plan["alternatives"])
        context = replace(context_at(runtime.mission, runtime.clock.now_utc()), plans=runtime.plans)
        told = GET_PLAN.call({"plan_id": intent["plan_id"]}, context)
        assert plan["alternatives"][0]["description"] in str(told.output)
