"""The process that keeps this host's search index, and what prepares rows from before a release for it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.db.models import Q

from gongzhi.config import lifeline as lifelines
from gongzhi.config.worker import keep_beating
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.enums import WRITE_REGISTER
from gongzhi.orgs.models import CurrentTransaction, Organization, OrganizationSearch
from gongzhi.orgs.search.index import folder, is_panic
from gongzhi.orgs.search.writing import Busy, Stopped, Unprepared, Writer, only_one
from gongzhi.registry.actions.entries import known_of

log = logging.getLogger(__name__)

#: How long the index looks away between two looks: what changes meanwhile PostgreSQL answers.
PAUSE_S: Final = 0.5
#: After something failed, so that a database that is away is not asked without end.
PAUSE_AFTER_FAILURE_S: Final = 3.0
_BATCH: Final = 1000


def keep_index(*, lifeline: int | None = None) -> int:
    """Keep the index until SIGTERM. Returns 0 when it was asked to stop, 1 when another process keeps this folder.

    A database that is away is waited for; an index that cannot be written is begun anew.
    """
    lifelines.hold(lifeline)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_received: stopped.set())
    try:
        with only_one(folder().parent):
            beating = f"index@{socket.gethostname()}:{os.getpid()}"
            threading.Thread(target=keep_beating, args=[beating, stopped], name="heartbeat", daemon=True).start()
            _keep(stopped)
    except Busy:
        print(f"gongzhi: another process keeps the index in {folder().parent}.", file=sys.stderr)
        return 1
    return 0


def _keep(stopped: threading.Event) -> None:
    writer = Writer(folder(), stopped=stopped.is_set)
    said = ""
    while not stopped.is_set():
        failed = ""
        try:
            close_old_connections()
            writer.round()
        except Stopped:
            break
        except (DatabaseError, InterfaceError, Unprepared) as error:
            failed = f"{type(error).__name__}: {error}".strip()
        except BaseException as error:
            if not (isinstance(error, Exception) or is_panic(error)):
                raise
            failed = f"{type(error).__name__}: {error}".strip()
            log.exception("index.begun_anew")
            writer.start_over()
        if failed and failed != said:
            print(f"gongzhi: the index waits: {failed}", file=sys.stderr)
        said = failed
        stopped.wait(PAUSE_AFTER_FAILURE_S if failed else PAUSE_S)
    writer.close()


def outdated() -> Q:
    """Search rows from before this release (no rank), or from a dump of another cluster (numbers not given out yet)."""
    return Q(rank=0) | Q(changed__gt=CurrentTransaction())


def prepare_rows() -> int:
    """Prepare anew what search knows of every organization whose row is outdated; how many there were."""
    actor = Actor.system("index", permissions=frozenset({WRITE_REGISTER}))
    done = 0
    while ids := list(OrganizationSearch.objects.filter(outdated()).values_list("pk", flat=True)[:_BATCH]):
        with acting(actor):
            known = known_of(ids)
            orgs.write_search(
                actor=actor,
                rows=[(one, known[one.pk]) for one in Organization.objects.filter(pk__in=ids).order_by("pk")],
            )
        done += len(ids)
    return done
