"""Background work of the register."""

from __future__ import annotations

import logging
from dataclasses import replace

from django.db import transaction

from gongzhi.core.actor import Actor
from gongzhi.core.errors import RuleViolation
from gongzhi.core.jobs import job
from gongzhi.registry import actions
from gongzhi.registry.enums import IMPORT
from gongzhi.registry.models import Download, Intake

log = logging.getLogger("gongzhi.registry")


@job("registry.apply_list")
def apply_list(*, actor: Actor, intake_id: int) -> None:
    """Take in a list an officer has released. A run that dies leaves nothing behind and is begun anew; what keeps the
    list out is told on its page, and the officer may press the button again.
    """
    intake = Intake.objects.get(pk=intake_id)
    released = replace(actor, permissions=frozenset({IMPORT}))
    try:
        with transaction.atomic():
            actions.apply_list(actor=released, intake=intake)
    except RuleViolation as error:
        log.info("registry.list_not_taken_in: %s %s", intake.public_id, error.code)
        actions.fail_list(actor=released, intake=intake, message=str(error.message))


@job("registry.make_download")
def make_download(*, actor: Actor, download_id: int) -> None:
    """Write the files of one download. What goes wrong is told on its page; whoever wants it asks again."""
    download = Download.objects.get(pk=download_id)
    try:
        with transaction.atomic():
            actions.make_download(actor=actor, download=download)
    except RuleViolation as error:
        log.info("registry.download_not_made: %s %s", download.public_id, error.code)
    except Exception:
        log.exception("registry.download_failed: %s", download.public_id)
        actions.fail_download(actor=actor, download=download, reason="fault")


@job("registry.ask_register_files", cron="30 18 * * *")
def ask_register_files(*, actor: Actor) -> None:
    """Every night at 02:30 in China: ask for the files of the whole register."""
    actions.ask_download(actor=actor, asked={}, address="")


@job("registry.remove_downloads", cron="50 18 * * *")
def remove_downloads(*, actor: Actor) -> None:
    """Every night at 02:50 in China: remove files whose time is over."""
    actions.remove_downloads(actor=actor)


@job("registry.forget_objectors", cron="29 19 * * *")
def forget_objectors(*, actor: Actor) -> None:
    """Every night at 03:29 in China: remove contacts of objections that were answered long ago."""
    actions.forget_objectors(actor=actor)
