"""What a person finds of their files, and links that open one file for one reader, for a few minutes."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core import signing
from django.db.models import Count, Sum
from django.urls import reverse

from gongzhi.audit import looks
from gongzhi.audit.actions import acting_for
from gongzhi.core.actor import Actor
from gongzhi.files.enums import MB, MOST_TRANSFERS
from gongzhi.files.models import Piece, Transfer, Upload

#: Seconds a link opens its file. Long enough for a slow phone to begin, too short to be passed on.
LINK_S: Final = 5 * 60
_SALT: Final = "files.link"


class LinkExpired(Exception):
    """The link was right and is too old."""


def _bound_to(actor: Actor) -> str:
    """Who a link is for: the person and the capacity."""
    return f"{actor.person_id or ''}:{acting_for(actor)}"


def link_to(actor: Actor, upload: Upload, *, purpose: str = "files.download") -> str:
    """The address that opens a file for this actor during the next minutes. `purpose` stands in the look.

    The caller found `upload` through `visible_to`; whether it may still be seen is asked again when the link is used.
    """
    return reverse("files:open", args=[signing.dumps([upload.public_id, _bound_to(actor), purpose], salt=_SALT)])


def linked(actor: Actor, token: str) -> tuple[Upload, str]:
    """The file and the purpose of a link. Raises `LinkExpired`, and `Upload.DoesNotExist` for a link that is forged,
    somebody else's, or for a file that this actor may not see (any more)."""
    try:
        public_id, bound_to, purpose = signing.loads(token, salt=_SALT, max_age=LINK_S)
    except signing.SignatureExpired as error:
        raise LinkExpired from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Upload.DoesNotExist from error
    if bound_to != _bound_to(actor):
        raise Upload.DoesNotExist
    return Upload.objects.visible_to(actor).get(public_id=public_id), purpose


def own_name(actor: Actor, row: Upload | Transfer) -> str:
    """The name of the reader's own file, or of their organization's."""
    return looks.reveal(actor, row, "name_sealed", purpose="files.list", own=True)


def arrived(transfer: Transfer) -> list[int]:
    """The numbers of the pieces that are there, in order. One query."""
    return list(Piece.objects.filter(transfer=transfer).order_by("number").values_list("number", flat=True))


def on_the_way(actor: Actor) -> list[tuple[Transfer, int]]:
    """The actor's files that have not arrived whole, newest first, with the number of pieces there. Two queries."""
    rows = list(Transfer.objects.visible_to(actor).order_by("-pk")[:MOST_TRANSFERS])
    counted = Piece.objects.filter(transfer__in=rows).values_list("transfer").annotate(n=Count("pk"))
    have: dict[int, int] = dict(counted)
    return [(one, have.get(one.pk, 0)) for one in rows]


def used_bytes(actor: Actor) -> int:
    """What the actor's files take in the store. One query."""
    return Upload.objects.visible_to(actor).aggregate(sum=Sum("size"))["sum"] or 0


def most_bytes(actor: Actor) -> int:
    """What they may take."""
    most = settings.UPLOADS_PER_ORGANIZATION_MB if actor.scope.org is not None else settings.UPLOADS_PER_PERSON_MB
    return int(most) * MB
