"""Background work: it exists when the transaction commits, runs as a named process, and survives its worker."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import TaskNotFound
from procrastinate.jobs import Job, Status
from procrastinate.testing import InMemoryConnector

from gongzhi.core import jobs
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.door import acting
from gongzhi.core.models import Heartbeat

PROCESS = Actor.system("core.test")
ran: list[tuple[str, str, int]] = []


@pytest.fixture
def _declared() -> Iterator[None]:
    """Three jobs of this test: one that does its work, one that fails, one the queue must not repeat."""
    ran.clear()
    periodic = dict(app.periodic_registry.periodic_tasks)
    before = dict(app.tasks)

    @jobs.job("core.sample", cron="5 4 * * *")
    def sample(*, actor: Actor, number: int = 0) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('gz.process', true)")
            ran.append((actor.kind, str(cursor.fetchone()[0]), number))

    @jobs.job("core.failing")
    def failing(*, actor: Actor) -> None:
        Heartbeat.objects.create(process="half done", at=timezone.now())
        jobs.enqueue("core.sample", number=7)
        raise RuntimeError("a mistake")

    @app.task(name="core.once")
    def once() -> None:
        raise AssertionError("this one is never run again")

    yield
    for present, kept in ((app.tasks, before), (app.periodic_registry.periodic_tasks, periodic)):
        cast(dict[Any, Any], present).clear()
        cast(dict[Any, Any], present).update(kept)


pytestmark = pytest.mark.usefixtures("_declared")


def waiting() -> list[tuple[str, dict[str, Any]]]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("task_name", "args"))


def elsewhere(question: Callable[[], Any]) -> Any:
    """The answer another connection gets."""
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(question())
        finally:
            connection.close()

    other = threading.Thread(target=ask)
    other.start()
    other.join()
    return answers[0]


def test_a_job_exists_if_and_only_if_the_transaction_commits(committed: str) -> None:
    with pytest.raises(RuntimeError), acting(PROCESS):
        jobs.enqueue("core.sample", number=1)
        assert len(waiting()) == 1
        raise RuntimeError
    assert waiting() == []
    with acting(PROCESS):
        jobs.enqueue("core.sample", number=2)
        assert elsewhere(waiting) == []
    assert elsewhere(waiting) == [("core.sample", {"number": 2})]


def test_inside_a_worker_too_it_is_queued_in_the_jobs_own_transaction(committed: str) -> None:
    away = InMemoryConnector()
    with app.replace_connector(away):  # what a worker does
        with pytest.raises(RuntimeError), acting(PROCESS):
            jobs.enqueue("core.sample", number=1)
            raise RuntimeError
        with acting(PROCESS):
            jobs.enqueue("core.sample", number=2)
        assert away.jobs == {}
        app.configure_task("core.sample").defer(number=3)  # the negative control: the library's own way
        assert len(away.jobs) == 1
    assert waiting() == [("core.sample", {"number": 2})]


@pytest.mark.django_db
def test_a_job_nobody_declared_cannot_be_queued() -> None:
    with pytest.raises(TaskNotFound):
        jobs.enqueue("core.smaple")


@pytest.mark.django_db
def test_a_declared_job_runs_in_the_scope_of_its_process() -> None:
    app.tasks["core.sample"](number=5)
    app.tasks["core.sample"](timestamp=1767225600)  # what the clock hands over is not the job's business
    assert ran == [(ActorKind.PROCESS, "core.sample", 5), (ActorKind.PROCESS, "core.sample", 0)]


def test_a_job_that_fails_leaves_nothing_behind(committed: str) -> None:
    with pytest.raises(RuntimeError):
        app.tasks["core.failing"]()
    assert not Heartbeat.objects.exists()
    assert waiting() == []


def test_a_job_with_a_time_is_registered_with_the_clock() -> None:
    times = {name: one.cron for (name, _), one in app.periodic_registry.periodic_tasks.items()}
    assert times["core.sample"] == "5 4 * * *"
    assert times["core.retry_stalled"] == "* * * * *"
    assert "core.failing" not in times


def test_a_failed_job_is_tried_three_more_times() -> None:
    waits = []
    for attempts in range(5):
        decision = jobs.RETRY.get_retry_decision(exception=RuntimeError(), job=a_job(attempts))
        if decision is not None and decision.retry_at is not None:
            waits.append(round((decision.retry_at - timezone.now()).total_seconds(), -1))
    assert waits == [10, 100, 1000]


def a_job(attempts: int) -> Job:
    return Job(
        id=1, queue="default", lock=None, queueing_lock=None, task_name="core.sample", task_kwargs={}, attempts=attempts
    )


# --- workers that died ---


def a_worker(*, seconds_ago: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [seconds_ago],
        )
        return int(cursor.fetchone()[0])


def taken(name: str, worker: int | None, *, attempts: int = 0) -> int:
    """A job that a worker has taken; its id."""
    deferrer = app.configure_task(name)
    deferrer.job_manager = jobs.QUEUE
    number = deferrer.defer()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = %s WHERE id = %s",
            [worker, attempts, number],
        )
    return number


def state(number: int) -> tuple[str, int]:
    found = ProcrastinateJob.objects.get(pk=number)
    return found.status, found.attempts


@pytest.mark.django_db
def test_a_job_whose_worker_died_is_taken_up_and_one_whose_worker_lives_is_not() -> None:
    dead, alive = a_worker(seconds_ago=600), a_worker(seconds_ago=1)
    left, forgotten, running = taken("core.sample", dead), taken("core.sample", None), taken("core.sample", alive)
    assert state(left) == ("doing", 0)  # the negative control: by itself nothing happens
    app.tasks["core.retry_stalled"](timestamp=1)
    assert state(left) == state(forgotten) == ("todo", 1)
    assert ProcrastinateJob.objects.get(pk=left).scheduled_at is not None
    assert state(running) == ("doing", 0)


@pytest.mark.django_db
def test_a_job_that_kills_its_worker_is_given_up_in_the_end() -> None:
    dead = a_worker(seconds_ago=600)
    last, one_more = taken("core.sample", dead, attempts=3), taken("core.sample", dead, attempts=2)
    app.tasks["core.retry_stalled"]()
    assert state(last) == ("failed", 4)
    assert state(one_more) == ("todo", 3)


@pytest.mark.django_db
def test_a_job_the_queue_must_not_repeat_fails_and_so_does_one_nobody_declares() -> None:
    dead = a_worker(seconds_ago=600)
    once, unknown = taken("core.once", dead), taken("core.removed_in_this_release", dead)
    app.tasks["core.retry_stalled"]()
    assert state(once) == state(unknown) == ("failed", 1)


@pytest.mark.django_db
def test_a_job_that_was_taken_up_meanwhile_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = a_worker(seconds_ago=600)
    gone, left = taken("core.sample", dead), taken("core.sample", dead)
    ask = jobs.QUEUE.get_stalled_jobs

    async def late() -> list[Job]:
        found = sorted(await ask(), key=lambda one: one.id or 0)
        await jobs.QUEUE.finish_job_by_id_async(gone, Status.SUCCEEDED, delete_job=False)
        return found

    monkeypatch.setattr(jobs.QUEUE, "get_stalled_jobs", late)
    app.tasks["core.retry_stalled"]()
    assert state(gone) == ("succeeded", 1)
    assert state(left) == ("todo", 1)


def test_a_real_worker_takes_up_what_a_dead_one_left(committed: str) -> None:
    dead = a_worker(seconds_ago=600)
    left = taken("core.sample", dead)
    with acting(PROCESS):
        jobs.enqueue("core.retry_stalled")
    age, connection.settings_dict["CONN_MAX_AGE"] = connection.settings_dict["CONN_MAX_AGE"], 0

    async def work() -> None:
        with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
            async with app.open_async():
                await app.run_worker_async(
                    wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="successful"
                )

    try:
        asyncio.run(work())
    finally:
        connection.settings_dict["CONN_MAX_AGE"] = age
    assert state(left) == ("todo", 1)
    assert not ProcrastinateJob.objects.filter(task_name="core.retry_stalled", status="failed").exists()
