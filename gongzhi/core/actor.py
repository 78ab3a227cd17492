"""Who acts: a person for themself or for one organization or agency, an API client, a process, or a visitor.

An `Actor` is a frozen value of ids, codes and one scope. `orgs` builds it from a request; rules read it without
HTTP; `audit` writes it beside every change.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from enum import StrEnum


class ActorKind(StrEnum):
    """The six kinds of author a change can have."""

    PERSON = "person"
    ORGANIZATION = "organization"
    AGENCY = "agency"
    CLIENT = "client"
    PROCESS = "process"
    VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Scope:
    """What the second wall (row-level security) lets through: exactly one of four, or nothing.

    `person` and `org` are ids, `path` is the division path an official reaches (`44/4403/`, everything below it
    included; `/` reaches the whole country), `process` names a system process.
    """

    person: int | None = None
    org: int | None = None
    path: str | None = None
    process: str | None = None

    def __post_init__(self) -> None:
        chosen = [value for value in (self.person, self.org, self.path, self.process) if value is not None]
        if len(chosen) > 1:
            raise ValueError("a scope opens one thing at a time")


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change or a look. Ids only, no names: an actor may be written to a log."""

    kind: ActorKind
    scope: Scope = field(default_factory=Scope)
    person_id: int | None = None
    org_id: int | None = None
    agency_id: int | None = None
    client_id: int | None = None
    process: str = ""
    #: Division path of the agency acted for; empty for everyone else.
    path: str = ""
    #: Division path whose settings hold for the actor: the agency's own, or that of the organization's registry. Opens
    #: nothing; empty where nobody knows.
    place: str = ""
    #: Permission codes of the roles held in the present capacity.
    permissions: frozenset[str] = frozenset()
    #: What the page may greet with: a masked name, and the body acted for. Never more than the mask.
    label: str = ""
    acting_for: str = ""
    #: Colleagues on leave whose permissions this actor holds besides the own ones, by their cover (ids of persons).
    covers: tuple[int, ...] = ()
    channel: str = "web"
    request_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def signed_in(self) -> bool:
        """Whether a person or a client stands behind this actor."""
        return self.kind not in {ActorKind.VISITOR, ActorKind.PROCESS}

    def may(self, permission: str) -> bool:
        """Whether the present capacity holds this permission code."""
        return permission in self.permissions

    def reaches(self, path: str) -> bool:
        """Whether a division path lies in the agency's own subtree."""
        return self.kind is ActorKind.AGENCY and bool(self.path) and (self.path == "/" or path.startswith(self.path))

    @classmethod
    def visitor(cls, *, channel: str = "web", request_id: uuid.UUID | None = None) -> Actor:
        """Somebody who has not signed in."""
        return cls(kind=ActorKind.VISITOR, channel=channel, request_id=request_id or uuid.uuid4())

    @classmethod
    def system(cls, process: str, *, permissions: frozenset[str] = frozenset()) -> Actor:
        """A named process of the platform itself: a job, a command, a seed."""
        return cls(
            kind=ActorKind.PROCESS,
            scope=Scope(process=process),
            process=process,
            permissions=permissions,
            channel="process",
        )

    def in_request(self, request_id: uuid.UUID) -> Actor:
        """The same actor, tied to a request."""
        return replace(self, request_id=request_id)
