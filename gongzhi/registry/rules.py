"""The rules of law about social organizations that a draft can be checked by (domain rules 1.4 to 1.11, 9.4).

Numbers stand in `rulebook/parameters/*.yaml`. Whole numbers here are nothing and one only. A rule of the set SG-2016 is
never hard, because the text of 2026 could not be read. "以上" and "不低于" of the law include the number itself.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from gongzhi.orgs.enums import Kind
from gongzhi.registry import facts
from gongzhi.rulebook.enums import Evidence
from gongzhi.rulebook.expressions import TODAY, Number, share
from gongzhi.rulebook.rules import Cite, Rule

SG_2016 = "SG-2016"

SOCIAL_GROUPS = _("Social groups")
SERVICES = _("Social service institutions")
FOUNDATIONS = _("Foundations")
COMMUNITY = _("Community groups and online groups")
CHARITY = _("Charities and public fundraising")

IS_SOCIAL_GROUP = facts.KIND.is_(Kind.SOCIAL_GROUP)
IS_SERVICE = facts.KIND.is_(Kind.SERVICE)
IS_FOUNDATION = facts.KIND.is_(Kind.FOUNDATION)
IS_COMMUNITY_GROUP = facts.COMMUNITY_MEMBERS >= 0
IS_NATIONAL = facts.LEVEL.is_("national")


def sg_2016(article: str) -> tuple[Cite, ...]:
    """An article of the social group regulation as it was read: the text of 2016."""
    return (Cite("sg_2016", article, Evidence.READ),)


def fdn_2004(article: str) -> tuple[Cite, ...]:
    """An article of the foundation regulation."""
    return (Cite("fdn_2004", article, Evidence.READ),)


def pne_1998(article: str) -> tuple[Cite, ...]:
    """An article of the regulation about service institutions."""
    return (Cite("pne_1998", article, Evidence.READ),)


def fundraising_74(evidence: Evidence = Evidence.READ) -> tuple[Cite, ...]:
    """The article about who may raise money from the public."""
    return (Cite("fundraising_74", "第五条", evidence),)


GROUPS = (
    Rule(
        id="social_group.members",
        topic=SOCIAL_GROUPS,
        cites=sg_2016("第十条"),
        says=_(
            "A social group has at least %(individual_members)s as members, or %(unit_members)s; where both kinds are "
            "members, at least %(mixed_members)s together."
        ),
        applies=IS_SOCIAL_GROUP,
        holds=(
            facts.UNIT_MEMBERS.equals(0)
            & (facts.INDIVIDUAL_MEMBERS >= Number("establishment.social_group.individual_members"))
        )
        | (
            facts.INDIVIDUAL_MEMBERS.equals(0)
            & (facts.UNIT_MEMBERS >= Number("establishment.social_group.unit_members"))
        )
        | (
            (facts.INDIVIDUAL_MEMBERS > 0)
            & (facts.UNIT_MEMBERS > 0)
            & (facts.INDIVIDUAL_MEMBERS + facts.UNIT_MEMBERS >= Number("establishment.social_group.mixed_members"))
        ),
        remedy=_("Win more members before you apply, or look at filing as a community group."),
        rule_set=SG_2016,
    ),
    Rule(
        id="social_group.national_funds",
        topic=SOCIAL_GROUPS,
        cites=sg_2016("第十条"),
        says=_("A national social group has activity funds of at least %(national_funds)s."),
        applies=IS_SOCIAL_GROUP & IS_NATIONAL,
        holds=facts.ACTIVITY_FUNDS >= Number("establishment.social_group.national_funds"),
        remedy=_("Pay in more funds and hand in the proof."),
        rule_set=SG_2016,
    ),
    Rule(
        id="social_group.local_funds",
        topic=SOCIAL_GROUPS,
        cites=sg_2016("第十条"),
        says=_("A local or cross-region social group has activity funds of at least %(local_funds)s."),
        applies=IS_SOCIAL_GROUP & ~IS_NATIONAL,
        holds=facts.ACTIVITY_FUNDS >= Number("establishment.social_group.local_funds"),
        remedy=_("Pay in more funds and hand in the proof."),
        rule_set=SG_2016,
    ),
    Rule(
        id="social_group.legal_representative",
        topic=SOCIAL_GROUPS,
        cites=sg_2016("第十二条"),
        says=_("The legal representative of a social group represents no other social group."),
        applies=IS_SOCIAL_GROUP,
        holds=facts.OTHER_SOCIAL_GROUPS.equals(0),
        remedy=_("Propose somebody else, or let the person leave the other post first."),
        rule_set=SG_2016,
    ),
    Rule(
        id="social_group.change_in_time",
        topic=SOCIAL_GROUPS,
        cites=sg_2016("第十八条"),
        says=_("A social group applies for a change within %(application_days)s of the business authority's consent."),
        applies=IS_SOCIAL_GROUP & facts.HAS_BUSINESS_AUTHORITY,
        holds=TODAY.within(Number("change.social_group.application_days"), of=facts.CONSENT_ON),
        remedy=_("Apply now and explain the delay; the business authority may have to consent again."),
        rule_set=SG_2016,
    ),
    Rule(
        id="social_group.charter_in_time",
        topic=SOCIAL_GROUPS,
        cites=sg_2016("第十八条"),
        says=_(
            "A social group hands in a changed charter within %(submission_days)s of the business authority's consent."
        ),
        applies=IS_SOCIAL_GROUP & facts.HAS_BUSINESS_AUTHORITY,
        holds=TODAY.within(Number("charter.social_group.submission_days"), of=facts.CHARTER_CONSENT_ON),
        remedy=_("Apply now and explain the delay; the business authority may have to consent again."),
        rule_set=SG_2016,
    ),
    Rule(
        id="social_group.cancellation_in_time",
        topic=SOCIAL_GROUPS,
        cites=sg_2016("第二十一条"),
        says=_("A social group files for cancellation within %(application_days)s of the end of its liquidation."),
        applies=IS_SOCIAL_GROUP,
        holds=TODAY.within(Number("cancellation.social_group.application_days"), of=facts.LIQUIDATED_ON),
        remedy=_("File now and explain the delay."),
        rule_set=SG_2016,
    ),
    Rule(
        id="social_group.charter_quorum",
        topic=SOCIAL_GROUPS,
        cites=(Cite("model_charter", "", Evidence.GENERAL),),
        says=_("At least %(quorum)s of the members or representatives are present at the congress."),
        applies=IS_SOCIAL_GROUP,
        holds=share(facts.CONGRESS_PRESENT, of=facts.CONGRESS_MEMBERS) >= Number("meeting.social_group.quorum"),
        remedy=_("Look into the charter: it decides. Otherwise the congress has to meet again."),
    ),
    Rule(
        id="social_group.charter_vote",
        topic=SOCIAL_GROUPS,
        cites=(Cite("model_charter", "", Evidence.GENERAL),),
        says=_("At least %(charter_change)s of those present vote for a change of the charter."),
        applies=IS_SOCIAL_GROUP,
        holds=share(facts.CONGRESS_IN_FAVOUR, of=facts.CONGRESS_PRESENT)
        >= Number("meeting.social_group.charter_change"),
        remedy=_("Look into the charter: it decides. Otherwise the congress has to vote again."),
    ),
    Rule(
        id="social_group.council_share",
        topic=SOCIAL_GROUPS,
        cites=(Cite("model_charter", "", Evidence.GENERAL),),
        says=_("The council has at most %(share_of_congress)s as many members as the congress."),
        applies=IS_SOCIAL_GROUP,
        holds=share(facts.COUNCIL_MEMBERS, of=facts.CONGRESS_MEMBERS)
        <= Number("council.social_group.share_of_congress"),
        remedy=_("Look into the charter: it decides. Otherwise elect a smaller council."),
    ),
    Rule(
        id="social_group.term",
        topic=SOCIAL_GROUPS,
        cites=(Cite("model_charter", "", Evidence.GENERAL),),
        says=_("A social group elects again after at most %(term_years)s."),
        applies=IS_SOCIAL_GROUP,
        holds=facts.SOCIAL_GROUP_TERM <= Number("meeting.social_group.term_years"),
        remedy=_("Write a shorter term into the charter."),
    ),
    Rule(
        id="community_group.members",
        topic=COMMUNITY,
        cites=(Cite("yangzhou_community", "", Evidence.SECONDARY),),
        says=_("A community group has at least %(individual_members)s as members."),
        applies=IS_COMMUNITY_GROUP,
        holds=facts.COMMUNITY_MEMBERS >= Number("establishment.community_group.individual_members"),
        remedy=_("Ask the office: the number is a local one."),
        local=True,
    ),
    Rule(
        id="online_group.filed",
        topic=COMMUNITY,
        cites=(Cite("platform", "", Evidence.GENERAL),),
        says=_(
            "An online group of %(members_from)s or more, with %(activities_from)s of gathering in a year or more, or "
            "that collects %(money_from)s in a year or more, is made known to the registry or filed."
        ),
        applies=(facts.ONLINE_MEMBERS >= Number("online_group.members_from"))
        | (facts.ONLINE_ACTIVITIES >= Number("online_group.activities_from"))
        | (facts.ONLINE_MONEY >= Number("online_group.money_from")),
        holds=facts.ONLINE_FILED,
        remedy=_("Make the group known to the registry of the place where it mostly acts."),
    ),
)

OTHERS = (
    Rule(
        id="service.change_in_time",
        topic=SERVICES,
        cites=pne_1998("第十五条"),
        says=_(
            "A service institution applies for a change within %(application_days)s of the business authority's consent."
        ),
        applies=IS_SERVICE & facts.HAS_BUSINESS_AUTHORITY,
        holds=TODAY.within(Number("change.service.application_days"), of=facts.CONSENT_ON),
        remedy=_("Apply now and explain the delay; the business authority may have to consent again."),
    ),
    Rule(
        id="service.charter_in_time",
        topic=SERVICES,
        cites=pne_1998("第十五条"),
        says=_(
            "A service institution hands in a changed charter within %(submission_days)s of the business authority's "
            "consent."
        ),
        applies=IS_SERVICE & facts.HAS_BUSINESS_AUTHORITY,
        holds=TODAY.within(Number("charter.service.submission_days"), of=facts.CHARTER_CONSENT_ON),
        remedy=_("Apply now and explain the delay; the business authority may have to consent again."),
    ),
    Rule(
        id="service.cancellation_in_time",
        topic=SERVICES,
        cites=pne_1998("第十七条"),
        says=_(
            "A service institution files for cancellation within %(application_days)s of the end of its liquidation."
        ),
        applies=IS_SERVICE,
        holds=TODAY.within(Number("cancellation.service.application_days"), of=facts.LIQUIDATED_ON),
        remedy=_("File now and explain the delay."),
    ),
    Rule(
        id="service.no_branches",
        topic=SERVICES,
        cites=pne_1998("第十三条"),
        says=_("A service institution sets up no branches."),
        applies=IS_SERVICE,
        holds=facts.BRANCHES.equals(0),
        remedy=_("Take the branches out; register a second institution where one is needed."),
        hard=True,
    ),
    Rule(
        id="foundation.national_public_fund",
        topic=FOUNDATIONS,
        cites=fdn_2004("第八条"),
        says=_("The original fund of a national public foundation is at least %(national_public_fund)s."),
        applies=IS_FOUNDATION & facts.IS_PUBLIC & IS_NATIONAL,
        holds=facts.ORIGINAL_FUND >= Number("establishment.foundation.national_public_fund"),
        remedy=_("Raise the original fund before you apply."),
        hard=True,
    ),
    Rule(
        id="foundation.local_public_fund",
        topic=FOUNDATIONS,
        cites=fdn_2004("第八条"),
        says=_("The original fund of a local public foundation is at least %(local_public_fund)s."),
        applies=IS_FOUNDATION & facts.IS_PUBLIC & ~IS_NATIONAL,
        holds=facts.ORIGINAL_FUND >= Number("establishment.foundation.local_public_fund"),
        remedy=_("Raise the original fund before you apply."),
        hard=True,
    ),
    Rule(
        id="foundation.non_public_fund",
        topic=FOUNDATIONS,
        cites=fdn_2004("第八条"),
        says=_("The original fund of a non-public foundation is at least %(non_public_fund)s."),
        applies=IS_FOUNDATION & ~facts.IS_PUBLIC,
        holds=facts.ORIGINAL_FUND >= Number("establishment.foundation.non_public_fund"),
        remedy=_("Raise the original fund before you apply."),
        hard=True,
    ),
    Rule(
        id="foundation.ministry_fund",
        topic=FOUNDATIONS,
        cites=fdn_2004("第六条"),
        says=_(
            "A non-public foundation applies to the Ministry only with an original fund of more than "
            "%(ministry_fund_over)s, unless its legal representative is no mainland resident."
        ),
        applies=IS_FOUNDATION & ~facts.IS_PUBLIC & IS_NATIONAL & ~facts.OVERSEAS_REPRESENTATIVE,
        holds=facts.ORIGINAL_FUND > Number("establishment.foundation.ministry_fund_over"),
        remedy=_("Apply to the registry of your province instead, or raise the fund."),
        hard=True,
    ),
    Rule(
        id="foundation.paid_in",
        topic=FOUNDATIONS,
        cites=fdn_2004("第八条"),
        says=_("The whole original fund of a foundation is cash that has been paid in."),
        applies=IS_FOUNDATION,
        holds=facts.PAID_IN >= facts.ORIGINAL_FUND,
        remedy=_("Pay in the rest and hand in the proof; goods and promises do not count."),
        hard=True,
    ),
    Rule(
        id="foundation.directors",
        topic=FOUNDATIONS,
        cites=fdn_2004("第二十条"),
        says=_("A foundation has at least %(directors_min)s and at most %(directors_max)s as directors."),
        applies=IS_FOUNDATION,
        holds=(facts.DIRECTORS >= Number("establishment.foundation.directors_min"))
        & (facts.DIRECTORS <= Number("establishment.foundation.directors_max")),
        remedy=_("Propose more directors, or fewer."),
        hard=True,
    ),
    Rule(
        id="foundation.director_term",
        topic=FOUNDATIONS,
        cites=fdn_2004("第二十条"),
        says=_("A term of a foundation's directors lasts at most %(director_term_years)s; they may be elected again."),
        applies=IS_FOUNDATION,
        holds=facts.TERM_YEARS <= Number("establishment.foundation.director_term_years"),
        remedy=_("Write a shorter term into the charter."),
        hard=True,
    ),
    Rule(
        id="foundation.relatives_private",
        topic=FOUNDATIONS,
        cites=fdn_2004("第二十条"),
        says=_(
            "In a non-public foundation set up with private property at most %(relatives_private)s of the directors are "
            "close relatives."
        ),
        applies=IS_FOUNDATION & ~facts.IS_PUBLIC & facts.PRIVATELY_FUNDED,
        holds=share(facts.RELATED_DIRECTORS, of=facts.DIRECTORS) <= Number("council.foundation.relatives_private"),
        remedy=_("Propose directors who are no relatives of each other."),
        hard=True,
    ),
    Rule(
        id="foundation.relatives_other",
        topic=FOUNDATIONS,
        cites=fdn_2004("第二十条"),
        says=_(
            "In every other foundation the number of directors who are close relatives of each other is at most: %(relatives_other)s."
        ),
        applies=IS_FOUNDATION & (facts.IS_PUBLIC | ~facts.PRIVATELY_FUNDED),
        holds=facts.RELATED_DIRECTORS <= Number("council.foundation.relatives_other"),
        remedy=_("Propose directors who are no relatives of each other."),
        hard=True,
    ),
    Rule(
        id="foundation.paid_directors",
        topic=FOUNDATIONS,
        cites=fdn_2004("第二十条"),
        says=_("At most %(paid_directors)s of a foundation's directors are paid."),
        applies=IS_FOUNDATION,
        holds=share(facts.PAID_DIRECTORS, of=facts.DIRECTORS) <= Number("council.foundation.paid_directors"),
        remedy=_("Let fewer directors be paid."),
        hard=True,
    ),
    Rule(
        id="foundation.legal_representative",
        topic=FOUNDATIONS,
        cites=fdn_2004("第二十三条"),
        says=_("The legal representative of a foundation represents no other organization."),
        applies=IS_FOUNDATION,
        holds=facts.OTHER_POSTS.equals(0),
        remedy=_("Propose somebody else, or let the person leave the other post first."),
        hard=True,
    ),
    Rule(
        id="foundation.quorum",
        topic=FOUNDATIONS,
        cites=fdn_2004("第二十一条"),
        says=_("At least %(quorum)s of the directors are present at a meeting of the council."),
        applies=IS_FOUNDATION,
        holds=share(facts.DIRECTORS_PRESENT, of=facts.DIRECTORS) >= Number("council.foundation.quorum"),
        remedy=_("The council has to meet again."),
        hard=True,
    ),
    Rule(
        id="foundation.major_decision",
        topic=FOUNDATIONS,
        cites=fdn_2004("第二十一条"),
        says=_(
            "At least %(major_decision)s of the directors present vote for a change of the charter, for electing or "
            "removing the chair, a vice-chair or the secretary-general, for a split or a merger."
        ),
        applies=IS_FOUNDATION,
        holds=share(facts.DIRECTORS_IN_FAVOUR, of=facts.DIRECTORS_PRESENT)
        >= Number("council.foundation.major_decision"),
        remedy=_("The council has to vote again."),
        hard=True,
    ),
    Rule(
        id="foundation.cancellation_in_time",
        topic=FOUNDATIONS,
        cites=fdn_2004("第十八条"),
        says=_("A foundation files for cancellation within %(application_days)s of the end of its liquidation."),
        applies=IS_FOUNDATION,
        holds=TODAY.within(Number("cancellation.foundation.application_days"), of=facts.LIQUIDATED_ON),
        remedy=_("File now and explain the delay."),
    ),
    Rule(
        id="recognition.no_penalty",
        topic=CHARITY,
        cites=(Cite("recognition_73", "第五条", Evidence.SECONDARY),),
        says=_(
            "Who applies for recognition as a charity had no administrative penalty in the %(penalty_lookback_years)s before."
        ),
        applies=facts.HAS_PENALTY,
        holds=facts.LAST_PENALTY_ON.later(Number("recognition.penalty_lookback_years")) < TODAY,
        remedy=_("Apply when the time since the penalty is over."),
    ),
    Rule(
        id="recognition.not_listed",
        topic=CHARITY,
        cites=(Cite("recognition_73", "第五条", Evidence.SECONDARY),),
        says=_(
            "Who applies for recognition as a charity is neither on the list of abnormal activity nor on the list of "
            "serious breach."
        ),
        applies=facts.KIND.among(Kind.SOCIAL_GROUP, Kind.SERVICE, Kind.FOUNDATION),
        holds=~facts.ON_LIST,
        remedy=_("Put right what led to the list, and apply to be taken off it first."),
    ),
    Rule(
        id="fundraising.waiting",
        topic=CHARITY,
        cites=(Cite("charity_2023", "第二十二条", Evidence.READ),),
        says=_("Who applies for the public-fundraising certificate has been a charity for %(waiting_years)s in full."),
        applies=facts.KIND.among(Kind.SOCIAL_GROUP, Kind.SERVICE, Kind.FOUNDATION),
        holds=facts.CHARITY_SINCE.later(Number("fundraising.certificate.waiting_years")) <= TODAY,
        remedy=_("Apply when the time is full. Until then you may raise money from your own circle."),
        hard=True,
    ),
    Rule(
        id="fundraising.supervisors",
        topic=CHARITY,
        cites=fundraising_74(),
        says=_(
            "A charity registered at the level of a province or above has a board of at least %(supervisors)s as "
            "supervisors to raise money from the public."
        ),
        applies=facts.LEVEL.among("national", "province"),
        holds=facts.SUPERVISORS >= Number("fundraising.certificate.supervisors"),
        remedy=_("Elect more supervisors."),
        hard=True,
    ),
    Rule(
        id="fundraising.related_directors",
        topic=CHARITY,
        cites=fundraising_74(),
        says=_(
            "At most %(related_directors)s of the directors of a charity that raises money from the public come from one "
            "organization or from related ones."
        ),
        applies=facts.DIRECTORS > 0,
        holds=share(facts.DIRECTORS_OF_ONE_BODY, of=facts.DIRECTORS)
        <= Number("fundraising.certificate.related_directors"),
        remedy=_("Elect directors from elsewhere."),
        hard=True,
    ),
    Rule(
        id="fundraising.overseas_directors",
        topic=CHARITY,
        cites=fundraising_74(),
        says=_(
            "At most %(overseas_directors)s of the directors of a charity that raises money from the public are no "
            "mainland residents."
        ),
        applies=facts.DIRECTORS > 0,
        holds=share(facts.OVERSEAS_DIRECTORS, of=facts.DIRECTORS)
        <= Number("fundraising.certificate.overseas_directors"),
        remedy=_("Elect directors from elsewhere."),
        hard=True,
    ),
    Rule(
        id="fundraising.chair",
        topic=CHARITY,
        cites=fundraising_74(),
        says=_("In a charity that raises money from the public the chair and the secretary-general are two persons."),
        applies=facts.KIND.among(Kind.SOCIAL_GROUP, Kind.SERVICE, Kind.FOUNDATION),
        holds=~facts.CHAIR_IS_SECRETARY,
        remedy=_("Appoint another secretary-general."),
        hard=True,
    ),
)

RULES = (*GROUPS, *OTHERS)
