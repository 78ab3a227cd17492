"""What a code of a look means to the person it is about: in words, with the ground it stands on.

A purpose that is not named here is shown as not stated, and a test fails on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why somebody looked, and by what right."""

    words: str | Promise
    basis: str | Promise = ""


DUTY: Final = _("Needed for a duty of the office laid down by law (personal information protection law, article 13)")

#: What an official chooses from when they open a person's contact data.
CONTACT: Final[dict[str, Purpose]] = {
    "contact.matter": Purpose(_("To speak with the person about a matter of theirs"), DUTY),
    "contact.check": Purpose(_("To check what the person handed in"), DUTY),
    "contact.notice": Purpose(_("To deliver a notice that must reach the person"), DUTY),
}

PURPOSES: Final[dict[str, Purpose]] = {
    **CONTACT,
    "objection.ask_back": Purpose(_("To ask back about an objection that was raised"), DUTY),
    "orgs.own_house": Purpose(
        _("To read what was filed, or opened on a legal ground"),
        _("What was filed, or the opening with its article and case that the desk shows"),
    ),
    "orgs.claim": Purpose(_("To look at what proves that the person is in charge of an organization"), DUTY),
    "cases.review": Purpose(_("To examine what was handed in to the office"), DUTY),
    "cases.answer": Purpose(_("To answer what the applicant asked"), DUTY),
    "cases.decide": Purpose(_("To decide on what was handed in to the office"), DUTY),
    "cases.own": Purpose(_("The applicant's own case")),
    "accounts.client_contact": Purpose(_("To reach who runs a program"), DUTY),
    "registry.list": Purpose(_("To work through a list that was handed in"), DUTY),
    "privacy.request": Purpose(_("To decide what the person asked about their own data"), DUTY),
    "privacy.emergency": Purpose(
        _("Emergency: it could not wait"),
        _("Emergency to protect life, health or property (personal information protection law, article 13)"),
    ),
    "privacy.read_out": Purpose(
        _("To read out at a counter who looked at the data"), _("The person stood at the counter and asked")
    ),
    "files.send": Purpose(_("To give the file to who asked for it")),
    "files.list": Purpose(_("To show a person their own files")),
    "loudspeaker.play": Purpose(_("To play a broadcast, or to hear it before it is approved"), DUTY),
    "accounts.contact_changed": Purpose(_("To tell the old number that it was replaced")),
    "notify.deliver": Purpose(_("To send the person a notice")),
    "verification.review": Purpose(_("To check the document the person handed in"), DUTY),
    "verification.proof": Purpose(_("To compare the picture of the document the person handed in"), DUTY),
    "verification.source": Purpose(
        _("To ask the source the operator named whether name and number belong together"), DUTY
    ),
    "errand.deliver": Purpose(_("To write to the person, call them or go there with a notice"), DUTY),
    "verification.claim": Purpose(_("To compare your verified name with who the register says is in charge")),
    "verification.age": Purpose(_("To know whether the law ties something to the person's age")),
    "card.print": Purpose(
        _("To print the card of the person at the counter"), _("The person stood at the counter and asked")
    ),
    "refused.403": Purpose(_("Not stated: the system refused before a reason was asked")),
    "refused.404": Purpose(_("Not stated: the system refused before a reason was asked")),
}

NOT_STATED: Final = Purpose(_("Not stated in words"))

#: Kind of row and field → what was seen.
FIELDS: Final[dict[str, str | Promise]] = {
    "accounts.person.name_sealed": _("Full name"),
    "accounts.person.phone_sealed": _("Phone number"),
    "accounts.person.email": _("E-mail address"),
    "accounts.verification.name_sealed": _("Name in the document"),
    "accounts.verification.number_sealed": _("Number of the document"),
    "accounts.verification.born_sealed": _("Day of birth"),
    "accounts.card.number_sealed": _("Number of the card"),
    "accounts.reach.value_sealed": _("How the person wants to be told"),
    "privacy.request.says_sealed": _("What the person wants corrected"),
    "accounts.person.looks": _("Who looked at the data"),
    "registry.objection.contact_sealed": _("Contact given with an objection"),
    "orgs.claim.name_sealed": _("Full name"),
    "cases.case.answers": _("What was handed in"),
    "cases.case.messages": _("Messages about an application"),
    "cases.note.text_sealed": _("A note of an office"),
    "cases.sealedtext.text_sealed": _("An answer or words of an application"),
    "orgs.houserecord.title_sealed": _("Title of an own record"),
    "orgs.houserecord.text_sealed": _("Text of an own record"),
    "files.upload.content": _("A file"),
    "files.upload.name_sealed": _("Name of a file"),
    "accounts.apiclient.contact_sealed": _("Contact of a program"),
}

#: Kind of row → what a refused try was about, where no field was named.
KINDS: Final[dict[str, str | Promise]] = {
    "accounts.person": _("The record of the person"),
    "accounts.verification": _("A document that was handed in"),
    "accounts.errand": _("A letter or a call"),
    "accounts.guardianship": _("Who is whose guardian"),
    "accounts.card": _("A printed card"),
    "accounts.reach": _("How the person wants to be told"),
    "files.upload": _("A file"),
    "registry.objection": _("An objection"),
    "accounts.apiclient": _("A program that uses the interface"),
    "orgs.claim": _("A claim to be in charge of an organization"),
    "orgs.houserecord": _("An own record of the organization"),
    "privacy.export": _("A list of people"),
    "cases.case": _("An application"),
    "cases.sealedtext": _("An answer of an application"),
    "cases.message": _("A message about an application"),
    "cases.note": _("A note of an office"),
    "privacy.grant": _("An emergency access"),
    "privacy.hold": _("A notice held back"),
    "privacy.question": _("A question why somebody looked"),
    "privacy.request": _("A request about own data"),
}

OTHER_FIELD: Final = _("Personal data")
