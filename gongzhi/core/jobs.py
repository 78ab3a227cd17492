"""Background work: queued inside the caller's transaction, run in the scope of a named process, safe to run twice."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from asgiref.sync import async_to_sync
from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from gongzhi.core import throttle
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting

log = logging.getLogger("gongzhi.jobs")

F = TypeVar("F", bound=Callable[..., None])

#: Three more tries after a failure, 10 s, 100 s and about 17 minutes later.
RETRY = RetryStrategy(max_attempts=3, exponential_wait=10)

#: The queue on Django's own connection. Inside a worker the library's app has another connection, which knows nothing
#: of the job's transaction.
QUEUE = JobManager(DjangoConnector())


class WorkerDied(Exception):
    """The worker that had taken a job gave no sign of life for 30 seconds."""


@dataclass(frozen=True)
class Declared:
    """A background entry point: its function, and the clock it runs by (UTC), empty where it runs when queued."""

    function: Callable[..., None]
    cron: str

    @property
    def takes_time(self) -> bool:
        """Whether it can be told another time than now, so that a person sees what it will do or has missed."""
        return "at" in inspect.signature(self.function).parameters

    @property
    def about(self) -> str:
        """The first line of what it says about itself."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


#: Every job of every app by name, for `gongzhi jobs list` and `gongzhi jobs run`.
DECLARED: dict[str, Declared] = {}


def run_now(name: str, *, at: dt.datetime | None = None) -> None:
    """Run a job that needs no arguments in this process, as the worker would. KeyError for an unknown name.

    `at` is the moment it is to believe in; ValueError if it cannot be told one. Records keep the true time.
    """
    declared = DECLARED[name]
    if at is not None and not declared.takes_time:
        raise ValueError(f"{name} cannot be told another time")
    with acting(Actor.system(name)) as actor:
        declared.function(actor=actor, **({"at": at} if at is not None else {}))


def job(name: str, *, cron: str = "") -> Callable[[F], F]:
    """Declare a background entry point `app.verb`. It loads, calls an action with the process as actor, nothing else.

    Arguments are ids, never personal data: they are stored in the queue. With `cron` it runs by the clock (UTC); a
    run that was missed while no worker was up is made up once, if a worker comes back within ten minutes.
    """

    def declare(function: F) -> F:
        @functools.wraps(function)
        def run(**arguments: Any) -> None:
            arguments.pop("timestamp", None)
            with acting(Actor.system(name)) as actor:
                function(actor=actor, **arguments)

        task = app.task(name=name, retry=RETRY, pass_context=False)(run)
        DECLARED[name] = Declared(function, cron)
        if cron:
            app.periodic(cron=cron)(cast(Any, task))
        return function

    return declare


def enqueue(name: str, **arguments: Any) -> None:
    """Queue a job in the present transaction: it exists if, and only if, the transaction commits.

    A name no app has declared raises `TaskNotFound` here, not at night in the worker.
    """
    deferrer = app.configure_task(name, allow_unknown=False)
    deferrer.job_manager = QUEUE
    deferrer.defer(**arguments)


@job("core.retry_stalled", cron="* * * * *")
def retry_stalled(*, actor: Actor) -> None:
    """Take up jobs whose worker died: the queue lists them and does nothing.

    A dead worker counts as one failed try, so a job that kills its worker is given up like one that raises. A task
    without a retry strategy asked not to be repeated by the queue, and fails.
    """
    for stalled in async_to_sync(QUEUE.get_stalled_jobs)():
        try:
            with transaction.atomic():
                _take_up(stalled)
        except ConnectorException:  # the worker was alive after all, or another run was first
            log.info("jobs.stalled_no_more: job %s", stalled.id)


def _take_up(stalled: Job) -> None:
    if stalled.id is None:
        return
    task = app.tasks.get(stalled.task_name)
    again = task.get_retry_exception(exception=WorkerDied(), job=stalled) if task else None
    if again is None or again.retry_decision.retry_at is None:
        log.error("jobs.given_up: job %s of %s, its worker died", stalled.id, stalled.task_name)
        async_to_sync(QUEUE.finish_job_by_id_async)(stalled.id, Status.FAILED, delete_job=False)
        return
    log.warning("jobs.retried: job %s of %s, its worker died", stalled.id, stalled.task_name)
    QUEUE.retry_job_by_id(stalled.id, again.retry_decision.retry_at)


@job("core.forget_tries", cron="41 * * * *")
def forget_tries(*, actor: Actor) -> None:
    """Every hour: forget who tried or asked how often more than a day ago."""
    throttle.forget(hours=24)
