"""Who may hand in and open files."""

from __future__ import annotations

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import READ
from gongzhi.files.models import Transfer, Upload


def can_receive(actor: Actor, owner: Owner) -> bool:
    """A person for themself, somebody acting for an organization for it, an agency within its divisions, a process."""
    if actor.kind is ActorKind.PROCESS:
        return True
    scope = actor.scope
    if scope.person is not None:
        return owner.person_id == scope.person and owner.org_id is None
    if scope.org is not None:
        return owner.org_id == scope.org
    return bool(owner.path) and actor.reaches(owner.path)


def is_own(actor: Actor, upload: Upload) -> bool:
    """Whether this is the reader's own file, or their organization's: opening it is not a look."""
    scope = actor.scope
    if scope.person is not None:
        return upload.person_id == scope.person
    return scope.org is not None and upload.org_id == scope.org


def can_read(actor: Actor, upload: Upload) -> bool:
    """A person their own; for an organization or an agency those whose role holds `files.read`; a process."""
    if actor.kind is ActorKind.PROCESS:
        return True
    if actor.scope.person is not None:
        return is_own(actor, upload)
    if not actor.may(READ):
        return False
    return is_own(actor, upload) or (bool(upload.path) and actor.reaches(upload.path))


def can_send(actor: Actor, transfer: Transfer) -> bool:
    """Who began to send a file, in the capacity they began it in."""
    if actor.person_id is None or transfer.created_by_person != actor.person_id:
        return False
    scope = actor.scope
    return (scope.person, scope.org, scope.path or "") == (transfer.person_id, transfer.org_id, transfer.path)


def can_remove(actor: Actor, upload: Upload) -> bool:
    """A person their own file; for an organization who handed it in."""
    return is_own(actor, upload) and (actor.scope.person is not None or upload.created_by_person == actor.person_id)


def can_keep_store(actor: Actor) -> bool:
    """Scanning again and clearing leftovers is the platform's own work."""
    return actor.kind is ActorKind.PROCESS
