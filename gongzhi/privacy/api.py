"""People's contact data for officials' programs: signed in as on the pages, the same rules, the same looks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_noop as _
from ninja import Field, Path, Query, Router, Schema
from ninja.security import APIKeyCookie

from gongzhi.audit.enums import How
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.errors import NotAllowed
from gongzhi.privacy import actions, selectors
from gongzhi.privacy.enums import SEE_PEOPLE

PurposeCode = Literal["contact.matter", "contact.check", "contact.notice"]


class OfficialSession(APIKeyCookie):
    """The session of an official who acts for an agency; everybody else is not signed in here."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> object | None:
        """The actor, if an agency is acted for."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        return actor if actor.kind is ActorKind.AGENCY else None


class Contact(Schema):
    """Name and phone number of one person."""

    number: str = Field(description=_("Number of the person"))
    name: str = Field(description=_("Name as registered"))
    phone: str = Field(description=_("Mobile number; empty where none is known"))


class Refused(Schema):
    """An error as RFC 9457 describes it."""

    type: str = Field(description=_("A name of the kind of error"))
    status: int = Field(description=_("The status of the answer"))
    code: str = Field(description=_("Stable code of the error"))
    title: str = Field(description=_("What went wrong, for people"))


router = Router(tags=["people"])


@router.get(
    "/{number}/contact",
    response={200: Contact, 401: Refused, 403: Refused, 404: Refused, 422: Refused, 429: Refused},
    auth=OfficialSession(),
    url_name="person_contact",
    operation_id="person_contact",
    summary=_("Contact data of one person"),
    description=_(
        "For officials, within their divisions. Every answer, and every refusal about a known person, is a look that the"
        " person sees with office and purpose."
    ),
)
def contact(
    request: HttpRequest,
    number: Annotated[str, Path(max_length=16, description=_("Number of the person"))],
    purpose: Annotated[PurposeCode, Query(description=_("What the data are needed for"))],
) -> dict[str, Any]:
    """Open one person's contact data."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.may(SEE_PEOPLE):
        raise NotAllowed(SEE_PEOPLE, about=selectors.person_with(number))
    person = selectors.person_for(actor, number, purpose=purpose)
    opened = actions.open_contact(actor=actor, person=person, purpose=purpose, how=How.API)
    return {"number": person.public_id, "name": opened["name_sealed"], "phone": opened["phone_sealed"]}
