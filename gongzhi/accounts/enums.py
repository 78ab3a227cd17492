"""Permission codes of accounts; by what somebody signed in, and what a one-time code is for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

CREATE = "accounts.create"
DISABLE = "accounts.disable"
KEEP_CLIENTS = "accounts.keep_clients"


class Method(models.TextChoices):
    """By what a session was opened."""

    PASSWORD = "password", _("Password")
    CODE = "code", _("One-time code")
    PASSKEY = "passkey", _("Passkey")
    IDENTITY = "identity", _("Government identity")
    WECHAT = "wechat", _("WeChat")
    CARD = "card", _("Printed card and PIN")
    SIGN_UP = "sign_up", _("Sign-up")


class CodePurpose(models.TextChoices):
    """What a one-time code opens."""

    SIGN_IN = "sign_in", _("Signing in")
    SIGN_UP = "sign_up", _("Signing up")
    RECOVER = "recover", _("Setting a new password")
    CONTACT = "contact", _("Confirming an address or a number")
    FAREWELL = "farewell", _("Telling an address or a number that it was replaced")


#: Ask for, and confirm, that somebody who lost phone, mailbox or second factor gets their account back.
RECOVER = "accounts.recover"


class RecoveryState(models.TextChoices):
    """Where the way back into an account stands."""

    ASKED = "asked", _("Asked for; a second official has to confirm")
    WAITING = "waiting", _("Confirmed; the old ways are told and may stop it")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")


#: A recovery moves one step at a time; what is done or stopped stays so.
RECOVERY_TRANSITIONS: dict[str, frozenset[str]] = {
    RecoveryState.ASKED: frozenset({RecoveryState.WAITING, RecoveryState.STOPPED}),
    RecoveryState.WAITING: frozenset({RecoveryState.DONE, RecoveryState.STOPPED}),
}


#: Decide whether a document that was handed in shows who somebody is.
REVIEW_IDENTITY = "accounts.review_identity"
#: Register somebody who stands at the counter, and give and block printed cards.
SERVE_COUNTER = "accounts.serve_counter"


class DocumentKind(models.TextChoices):
    """What shows who somebody is (domain rules 2.2)."""

    RESIDENT_ID = "resident_id", _("Resident identity card")
    HMT_RESIDENCE = "hmt_residence", _("Residence permit for Hong Kong, Macao and Taiwan residents")
    HK_MACAO_PERMIT = "hk_macao_permit", _("Mainland travel permit for Hong Kong and Macao residents")
    TAIWAN_PERMIT = "taiwan_permit", _("Mainland travel permit for Taiwan residents")
    FOREIGN_RESIDENCE = "foreign_residence", _("Permanent residence card for foreigners")
    PASSPORT = "passport", _("Passport")


class VerificationState(models.TextChoices):
    """Where one try to be verified stands."""

    ASKED = "asked", _("Handed in; waits for a decision")
    VERIFIED = "verified", _("Verified")
    REFUSED = "refused", _("Not approved")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    ENDED = "ended", _("Holds no more")


VERIFICATION_TRANSITIONS: dict[str, frozenset[str]] = {
    VerificationState.ASKED: frozenset(
        {VerificationState.VERIFIED, VerificationState.REFUSED, VerificationState.WITHDRAWN}
    ),
    VerificationState.VERIFIED: frozenset({VerificationState.ENDED}),
}


class Checked(models.TextChoices):
    """How a document was looked at."""

    REVIEW = "review", _("A person compared the proof that was handed in")
    COUNTER = "counter", _("The document was seen at a counter, with the person present")
    SOURCE = "source", _("A source named by the operator confirmed it")


class SourceAnswer(models.TextChoices):
    """What a source says about name and number."""

    MATCH = "match", _("Name and number belong together")
    MISMATCH = "mismatch", _("Name and number do not belong together")
    UNKNOWN = "unknown", _("The source does not know this document")


class ReviewState(models.TextChoices):
    """Where a review of the queue stands."""

    OPEN = "open", _("Waits for a decision")
    CLOSED = "closed", _("Closed")
    MOVED = "moved", _("Moved to another queue")


class CardState(models.TextChoices):
    """Whether a printed card opens anything."""

    ACTIVE = "active", _("In use")
    BLOCKED = "blocked", _("Blocked")
    REPLACED = "replaced", _("Replaced by a newer one")


CARD_TRANSITIONS: dict[str, frozenset[str]] = {
    CardState.ACTIVE: frozenset({CardState.BLOCKED, CardState.REPLACED}),
    CardState.BLOCKED: frozenset({CardState.REPLACED}),
}


class ReachWay(models.TextChoices):
    """How somebody without phone and e-mail wants to be told."""

    LETTER = "letter", _("By letter")
    CALL = "call", _("By a call to a number somebody else has")
    WORKER = "worker", _("By a named worker of the community")
    TEXT = "text", _("By text message to a phone of the household")


class Relation(models.TextChoices):
    """Why somebody is the guardian of a child (民法典 Art 27)."""

    PARENT = "parent", _("Father or mother")
    GRANDPARENT = "grandparent", _("Grandparent")
    SIBLING = "sibling", _("Elder brother or sister")
    OTHER = "other", _("Other person or body, appointed")


class ShownBy(models.TextChoices):
    """The paper that showed it at the counter."""

    HOUSEHOLD = "household", _("Household register")
    BIRTH = "birth", _("Birth certificate")
    PAPER = "paper", _("Decision or certificate of a court, committee or civil affairs department")


class GuardianState(models.TextChoices):
    """Whether somebody is a child's guardian here."""

    STANDING = "standing", _("Guardian")
    ENDED = "ended", _("Guardian no more")


GUARDIAN_TRANSITIONS: dict[str, frozenset[str]] = {GuardianState.STANDING: frozenset({GuardianState.ENDED})}


class Consents(models.TextChoices):
    """What a guardian agrees to; the mark of the child is `guardian_consent:` and this."""

    DATA = "data", _("that data of the child are processed")
    SERVICE = "service", _("that the child takes part in volunteer service")


class ErrandState(models.TextChoices):
    """Whether somebody still has to write, call or go."""

    OPEN = "open", _("To be done")
    DONE = "done", _("Done")
    NEEDLESS = "needless", _("Read on the platform meanwhile")


ERRAND_TRANSITIONS: dict[str, frozenset[str]] = {
    ErrandState.OPEN: frozenset({ErrandState.DONE, ErrandState.NEEDLESS}),
}


class WishFor(models.TextChoices):
    """What somebody who has an account already asks for at the counter."""

    CARD = "card", _("A new card with a new PIN")
    PIN = "pin", _("A new PIN")


class WishState(models.TextChoices):
    """Whether a second official has confirmed it."""

    ASKED = "asked", _("Waits for a second official")
    DONE = "done", _("Printed")
    DROPPED = "dropped", _("Dropped")


WISH_TRANSITIONS: dict[str, frozenset[str]] = {
    WishState.ASKED: frozenset({WishState.DONE, WishState.DROPPED}),
}
