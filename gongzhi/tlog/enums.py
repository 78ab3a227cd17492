"""The closed list of entry types, and what each may say in clear."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class EntryType(models.TextChoices):
    """What an entry of the transparency log tells about. The values are public and never change their meaning."""

    ORG_REGISTERED = "org.registered", _("Organization registered")
    ORG_CHANGED = "org.changed", _("Registered facts changed")
    ORG_PENALISED = "org.penalised", _("Organization penalised")
    REGISTER_IMPORTED = "register.imported", _("List loaded into the register")
    RULEBOOK_AMENDED = "rulebook.amended", _("Parameter of a rule changed")
    DECISION_PUBLISHED = "decision.published", _("Decision published")
    CERTIFICATE_ISSUED = "certificate.issued", _("Certificate issued")
    CERTIFICATE_REVOKED = "certificate.revoked", _("Certificate revoked")
    DONATION_RECEIVED = "donation.received", _("Donation received")
    DONATION_USED = "donation.used", _("Donation used")
    DONATION_REVERSED = "donation.reversed", _("Donation reversed")
    HOURS_BATCH = "hours.batch", _("Volunteer hours recorded")
    DRAW_COMMITTED = "draw.committed", _("Draw announced")
    DRAW_ENTROPY = "draw.entropy", _("Randomness of a draw fixed")
    DRAW_RESULT = "draw.result", _("Draw result")
    SCORE_COMMITTED = "score.committed", _("Score committed")
    SCORE_REVEALED = "score.revealed", _("Score revealed")
    EXPORT_MADE = "export.made", _("Export made")
    BREAKGLASS_USED = "breakglass.used", _("Emergency access used")
    RECORD_CORRECTED = "record.corrected", _("Sealed record corrected")
    RECORD_ERASED = "record.erased", _("Sealed record erased")
    KEY_ROTATED = "key.rotated", _("Key rotated")
    SOFTWARE_RELEASED = "software.released", _("Software released")


# Shapes of values that may stand in clear. None of them can hold a mobile number (11 digits), an identity number
# (18 digits) or free text: what does not fit one of these shapes goes into the commitment.
DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
SHA256: Final = re.compile(r"[0-9a-f]{64}")
#: A short code of this platform; never more than six digits in a row.
CODE: Final = re.compile(r"(?!.*[0-9]{7})[a-z][a-z0-9_.:-]{0,63}")
RELEASE: Final = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
#: A division path: the whole country, or segments of 2, 4, 6, 9 and 12 digits.
PATH: Final = re.compile(r"/|[0-9]{2}/(?:[0-9]{4}/)?(?:[0-9]{6}/)?(?:[0-9]{9}/)?(?:[0-9]{12}/)?")
#: A number of the law: at most nine digits and six decimals.
NUMBER: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
#: A count: 0 to one thousand million, so never eleven digits.
COUNT: Final = range(10**9 + 1)

Shape = re.Pattern[str] | range

#: Which fields an entry of a type may carry in clear, and their shape. A type that is missing here carries none.
PUBLIC_FIELDS: Final[Mapping[str, Mapping[str, Shape]]] = {
    EntryType.ORG_REGISTERED: {"kind": CODE, "path": PATH, "standing": CODE, "valid_from": DATE},
    EntryType.ORG_CHANGED: {"item": CODE, "standing": CODE, "valid_from": DATE},
    EntryType.ORG_PENALISED: {"decided_on": DATE, "document": SHA256},
    EntryType.REGISTER_IMPORTED: {"file": SHA256},
    EntryType.RULEBOOK_AMENDED: {"parameter": CODE, "path": PATH, "valid_from": DATE, "value": NUMBER},
    EntryType.CERTIFICATE_ISSUED: {"document": SHA256, "kind": CODE},
    EntryType.DECISION_PUBLISHED: {"decided_on": DATE, "document": SHA256, "outcome": CODE},
    EntryType.DRAW_COMMITTED: {"algorithm": CODE, "list": SHA256, "source": CODE, "take": COUNT},
    EntryType.DRAW_ENTROPY: {"value": SHA256},
    EntryType.DRAW_RESULT: {"list": SHA256},
    EntryType.EXPORT_MADE: {"file": SHA256, "rows": COUNT},
    EntryType.KEY_ROTATED: {"version": COUNT},
    EntryType.SOFTWARE_RELEASED: {"digest": SHA256, "release": RELEASE},
}

#: Entries that say something about an earlier entry name it.
NEEDS_REF: Final = frozenset(
    {EntryType.RECORD_CORRECTED, EntryType.RECORD_ERASED, EntryType.DONATION_REVERSED, EntryType.CERTIFICATE_REVOKED}
)
#: Entries about the platform itself come from a process of the platform, never from a person's page.
BY_PROCESS_ONLY: Final = frozenset({EntryType.RECORD_ERASED, EntryType.KEY_ROTATED, EntryType.SOFTWARE_RELEASED})
#: Bulk entries whose rows are public by law, so that their leaves need no salt. Everywhere else a leaf without a salt
#: could be guessed by trying names and numbers against a published inclusion proof.
PUBLIC_ROWS: Final = frozenset({EntryType.REGISTER_IMPORTED, EntryType.ORG_REGISTERED, EntryType.ORG_CHANGED})
