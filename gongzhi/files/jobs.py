"""Background work of the file store."""

from __future__ import annotations

import logging

from gongzhi.core.actor import Actor
from gongzhi.core.jobs import job
from gongzhi.files import actions, scanning
from gongzhi.files.models import Upload

log = logging.getLogger("gongzhi.files")

#: How many files one run scans, so that its transaction stays short.
AT_ONCE = 50


@job("files.sweep", cron="17 19 * * *")
def sweep(*, actor: Actor) -> None:
    """Every night at 03:17 in China: remove what no row refers to."""
    actions.sweep(actor=actor)


@job("files.scan_waiting", cron="*/10 * * * *")
def scan_waiting(*, actor: Actor) -> None:
    """Every ten minutes: scan what came in while the virus scanner was away. Nothing where none is set up."""
    if not scanning.address():
        return
    for upload in Upload.objects.visible_to(actor).not_scanned()[:AT_ONCE]:
        try:
            actions.scan(actor=actor, upload=upload)
        except scanning.ScannerAway as error:
            log.warning("files.scanner_away: upload %s: %s", upload.pk, error)
            if scanning.unavailable():
                return  # it is away altogether; otherwise it only could not judge this one
        except FileNotFoundError:
            log.error("files.lost: upload %s", upload.pk)


@job("files.forget_transfers", cron="23 * * * *")
def forget_transfers(*, actor: Actor) -> None:
    """Every hour: forget files of which no piece has come for two days."""
    actions.forget_transfers(actor=actor)
