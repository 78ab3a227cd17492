"""Dated files of the public register: asked for by anybody, made by a job, sealed, and removed after their time."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core import jobs, throttle
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.network import bucket_of, site_address
from gongzhi.core.times import today
from gongzhi.files import published
from gongzhi.orgs.search import Asked, matching
from gongzhi.registry import exports, policies
from gongzhi.registry.enums import DownloadState
from gongzhi.registry.models import Download
from gongzhi.tlog import actions as tlog
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "ask_download": "Nothing is made yet; the file is sealed when it is.",
    "make_download": EntryType.EXPORT_MADE,
    "fail_download": "Nothing was made.",
    "remove_downloads": "What was sealed about a file stays true without it.",
}

#: Different files that one network address may ask for in an hour; asking for one that is there already is free.
ASKED_AN_HOUR: Final = 10
#: Files that may wait at one time, whoever asks.
MOST_WAITING: Final = 50
#: Files of a search are for whoever asked, and made again in a minute.
SEARCH_KEPT = dt.timedelta(days=7)
#: Nightly files: long enough to go on from yesterday's or last week's; the first of each month stays for ever, so that
#: years can be compared.
REGISTER_KEPT = dt.timedelta(days=30)
SUMS: Final = "SHA256SUMS"
DICTIONARY: Final = "dictionary.csv"
_DAY_S: Final = 24 * 3600


def asked_of(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a file is asked for, in the one form that equal questions share; a file has one order of its own."""
    values = Asked.of(given).values()
    values.pop("sort", None)
    return values


@transaction.atomic
def ask_download(*, actor: Actor, asked: Mapping[str, Any], address: str) -> Download:
    """Ask for the files of a search (nothing asked: of the whole register). Everybody may; a job makes them.

    What was asked for today already is given again. `address` is the network address that asks; the platform's own
    nightly question has none and no limit. Raises `RuleViolation`
    when it has asked too often, when too many wait, or when what was typed can be no search.
    """
    wanted = asked_of(asked)
    if Asked.of(wanted).impossible:
        raise RuleViolation("registry.download_impossible", _("Nothing in these words can be searched for."), field="q")
    with connection.cursor() as cursor:  # two equal questions at once make one file
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('registry.download'))")
    there = (
        Download.objects.filter(asked=wanted, dated_on=today())
        .exclude(state=DownloadState.FAILED)
        .order_by("-pk")
        .first()
    )
    if there is not None and not there.is_removed:
        return there
    by_clock = actor.kind is ActorKind.PROCESS
    if not by_clock and not throttle.hit(bucket_of("registry:download", address), limit=ASKED_AN_HOUR, seconds=3600):
        raise RuleViolation(
            "registry.too_many_downloads",
            _("Too many files were asked for from here. Come back in an hour, or take the file of the whole register."),
        )
    if not by_clock and Download.objects.filter(state=DownloadState.WAITING).count() >= MOST_WAITING:
        raise RuleViolation("registry.downloads_busy", _("Too many files wait to be made. Come back in some minutes."))
    download = Download.objects.create(asked=wanted, dated_on=today())
    audit.record(actor=actor, event="registry.download.asked", subject=download, details={"whole": not wanted})
    jobs.enqueue("registry.make_download", download_id=download.pk)
    return download


def _make(actor: Actor, download: Download) -> None:
    """Write, publish and seal the files of a waiting download."""
    stem = f"register-{download.dated_on}" if not download.asked else f"search-{download.dated_on}-{download.public_id}"
    found = matching(Asked.of(download.asked)) if download.asked else None
    with tempfile.TemporaryDirectory(dir=published.workshop()) as folder:
        tables = [Path(folder) / f"{stem}.{ending}" for ending in exports.FORMATS]
        written = exports.write_files(tables, site=site_address(), matching=found)
        (Path(folder) / DICTIONARY).write_bytes(exports.dictionary_csv())
        kept: dict[str, dict[str, Any]] = {}
        for name in (*(table.name for table in tables), DICTIONARY):
            sha256, size = published.publish(Path(folder) / name)
            kept[name] = {"sha256": sha256, "bytes": size}
        sums = "".join(f"{one['sha256']}  {name}\n" for name, one in kept.items())
        (Path(folder) / SUMS).write_text(sums, encoding="utf-8")
        sha256, size = published.publish(Path(folder) / SUMS)
        kept[SUMS] = {"sha256": sha256, "bytes": size}
    download.files = kept
    download.rows, download.taken_at, download.state = written.rows, written.taken_at, DownloadState.READY
    # The list of sums stands for all of them: whoever has it can check each file and find the list in the log.
    download.seal = tlog.seal(actor=actor, kind=EntryType.EXPORT_MADE, public={"file": sha256, "rows": written.rows})
    download.save(update_fields=["files", "rows", "taken_at", "state", "seal"])
    audit.record(
        actor=actor, event="registry.download.made", subject=download, details={"rows": written.rows, "sums": sha256}
    )


@transaction.atomic
def make_download(*, actor: Actor, download: Download) -> None:
    """Write the files of a download that waits: CSV, Parquet, dictionary, sums; one sealed entry over them all.

    Raises `RuleViolation` when it does not wait (any more), so that a job that runs twice makes nothing twice.
    """
    download = Download.objects.select_for_update(of=("self",)).get(pk=download.pk)
    if not policies.can_make_downloads(actor):
        raise NotAllowed("registry.make_download")
    if download.state != DownloadState.WAITING:
        raise RuleViolation("registry.download_made", _("This file does not wait to be made."))
    _make(actor, download)


@transaction.atomic
def fail_download(*, actor: Actor, download: Download, reason: str) -> None:
    """Say that the files of a waiting download could not be made. `reason` is a code. Asking again makes a new one."""
    download = Download.objects.select_for_update(of=("self",)).get(pk=download.pk)
    if not policies.can_make_downloads(actor):
        raise NotAllowed("registry.fail_download")
    if download.state != DownloadState.WAITING:
        raise RuleViolation("registry.download_made", _("This file does not wait to be made."))
    download.state, download.reason = DownloadState.FAILED, reason
    download.save(update_fields=["state", "reason"])
    audit.record(actor=actor, event="registry.download.failed", subject=download, details={"reason": reason})


@transaction.atomic
def remove_downloads(*, actor: Actor) -> int:
    """Remove files whose time is over, and files no download names. The rows stay, with their sums in the log.

    Returns how many downloads lost their files.
    """
    if not policies.can_make_downloads(actor):
        raise NotAllowed("registry.remove_downloads")
    day = today()
    over = [
        one
        for one in Download.objects.ready().filter(dated_on__lt=day - SEARCH_KEPT).order_by("pk")
        if one.asked or (one.dated_on < day - REGISTER_KEPT and one.dated_on.day != 1)
    ]
    for one in over:
        one.files = {}
        one.save(update_fields=["files"])
    named = {kept["sha256"] for one in Download.objects.ready() for kept in one.files.values()}
    gone = published.unneeded(named, older_than_s=_DAY_S)
    # A file that is removed although the transaction is rolled back would be named and missing.
    transaction.on_commit(lambda: published.withdraw(gone))
    if over:
        audit.record(actor=actor, event="registry.download.removed", details={"downloads": len(over)})
    return len(over)
