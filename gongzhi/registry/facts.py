"""The typed facts that rules about social organizations ask: what a form's field or the register can answer.

A field of a case type names one of them as `fact:`. Money is in fen. A yes-or-no says what its name says.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from gongzhi.orgs.enums import Kind
from gongzhi.rulebook.enums import FactType, Unit
from gongzhi.rulebook.expressions import Fact

#: Level of the registration authority (domain rules 1.2).
LEVELS = ("national", "province", "city", "county")

# --- any organization ---
KIND = Fact("organization.kind", FactType.TEXT, _("Kind of organization"), choices=tuple(Kind.values))
LEVEL = Fact("organization.level", FactType.TEXT, _("Level of the registration authority"), choices=LEVELS)
HAS_BUSINESS_AUTHORITY = Fact("organization.has_business_authority", FactType.YES_NO, _("It has a business authority"))
OTHER_POSTS = Fact(
    "legal_representative.other_posts",
    FactType.INTEGER,
    _("Other organizations the legal representative represents"),
)
OTHER_SOCIAL_GROUPS = Fact(
    "legal_representative.other_social_groups",
    FactType.INTEGER,
    _("Other social groups the legal representative represents"),
)
OVERSEAS_REPRESENTATIVE = Fact(
    "legal_representative.overseas", FactType.YES_NO, _("The legal representative is no mainland resident")
)
BRANCHES = Fact("organization.branches", FactType.INTEGER, _("Branches"))

# --- social groups ---
INDIVIDUAL_MEMBERS = Fact("social_group.individual_members", FactType.INTEGER, _("Individual members"), Unit.PERSON)
UNIT_MEMBERS = Fact("social_group.unit_members", FactType.INTEGER, _("Unit members"), Unit.ORGANIZATION)
ACTIVITY_FUNDS = Fact("social_group.activity_funds", FactType.MONEY, _("Activity funds"))
CONGRESS_MEMBERS = Fact(
    "congress.members", FactType.INTEGER, _("Members or representatives entitled to vote"), Unit.PERSON
)
CONGRESS_PRESENT = Fact("congress.present", FactType.INTEGER, _("Members or representatives present"), Unit.PERSON)
CONGRESS_IN_FAVOUR = Fact("congress.in_favour", FactType.INTEGER, _("Votes of the congress in favour"), Unit.PERSON)
SOCIAL_GROUP_TERM = Fact("social_group.term_years", FactType.INTEGER, _("Term between two elections"), Unit.YEAR)
COUNCIL_MEMBERS = Fact("social_group.council_members", FactType.INTEGER, _("Members of the council"), Unit.PERSON)

# --- community groups and online groups ---
COMMUNITY_MEMBERS = Fact("community_group.members", FactType.INTEGER, _("Members of the community group"), Unit.PERSON)
ONLINE_MEMBERS = Fact("online_group.members", FactType.INTEGER, _("Members of the online group"), Unit.PERSON)
ONLINE_ACTIVITIES = Fact(
    "online_group.activities", FactType.INTEGER, _("Gatherings of the online group in a year"), Unit.COUNT
)
ONLINE_MONEY = Fact("online_group.money", FactType.MONEY, _("Money the online group collects in a year"))
ONLINE_FILED = Fact("online_group.filed", FactType.YES_NO, _("The online group was made known or filed"))

# --- foundations ---
IS_PUBLIC = Fact("foundation.is_public", FactType.YES_NO, _("The foundation raises money from the public"))
PRIVATELY_FUNDED = Fact("foundation.privately_funded", FactType.YES_NO, _("It is set up with private property"))
ORIGINAL_FUND = Fact("foundation.original_fund", FactType.MONEY, _("Original fund"))
PAID_IN = Fact("foundation.paid_in", FactType.MONEY, _("Cash paid in"))
DIRECTORS = Fact("council.directors", FactType.INTEGER, _("Directors"), Unit.PERSON)
TERM_YEARS = Fact("council.term_years", FactType.INTEGER, _("Term of the directors"), Unit.YEAR)
RELATED_DIRECTORS = Fact("council.relatives", FactType.INTEGER, _("Directors who are close relatives"), Unit.PERSON)
PAID_DIRECTORS = Fact("council.paid_directors", FactType.INTEGER, _("Directors who are paid"), Unit.PERSON)
DIRECTORS_PRESENT = Fact("council.present", FactType.INTEGER, _("Directors present"), Unit.PERSON)
DIRECTORS_IN_FAVOUR = Fact("council.in_favour", FactType.INTEGER, _("Votes of directors in favour"), Unit.PERSON)

# --- charity and public fundraising ---
LAST_PENALTY_ON = Fact("penalty.last_on", FactType.DATE, _("Day of the last administrative penalty"))
HAS_PENALTY = Fact("penalty.any", FactType.YES_NO, _("It has had an administrative penalty"))
ON_LIST = Fact("credit.listed", FactType.YES_NO, _("It is on a list of abnormal activity or of serious breach"))
CHARITY_SINCE = Fact("charity.since", FactType.DATE, _("A charity since"))
SUPERVISORS = Fact("council.supervisors", FactType.INTEGER, _("Supervisors"), Unit.PERSON)
DIRECTORS_OF_ONE_BODY = Fact(
    "council.from_related_organizations",
    FactType.INTEGER,
    _("Directors from one organization or related ones"),
    Unit.PERSON,
)
OVERSEAS_DIRECTORS = Fact(
    "council.overseas_directors", FactType.INTEGER, _("Directors who are not mainland residents"), Unit.PERSON
)
CHAIR_IS_SECRETARY = Fact(
    "council.chair_is_secretary_general", FactType.YES_NO, _("The chair is also the secretary-general")
)

# --- change, charter, cancellation ---
CONSENT_ON = Fact("change.consent_on", FactType.DATE, _("Day the business authority consented to the change"))
CHARTER_CONSENT_ON = Fact("charter.consent_on", FactType.DATE, _("Day the business authority consented to the charter"))
LIQUIDATED_ON = Fact("liquidation.ended_on", FactType.DATE, _("Day the liquidation ended"))

FACTS = tuple(value for value in list(globals().values()) if isinstance(value, Fact))
