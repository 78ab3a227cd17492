"""What the name itself says, by the rules on names (domain rules §1.7). Pure. One function for each rule or group of rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from gongzhi.orgs.enums import Kind
from gongzhi.reference.enums import NATIONAL_PATH, Level
from gongzhi.registry.names.findings import GROUNDS, PRACTICE, Finding, Ground, Severity
from gongzhi.registry.names.grammar import BRANDED, Parsed
from gongzhi.registry.names.words import NATIONAL, words


def about(parsed: Parsed, registry: str, registry_name: str = "") -> list[Finding]:
    """Everything to look at in a name, in the order of its parts. `registry` is a path, empty where it is not known."""
    return [
        finding
        for rule in (_national, _division, _brand_and_field, _form, _branch, _contents)
        for finding in rule(parsed, registry, registry_name)
    ]


def _advice(code: str, message: str, ground: Ground) -> Finding:
    return Finding(code=code, severity=Severity.ADVICE, message=message, ground=ground)


def _national(parsed: Parsed, registry: str, _registry_name: str) -> Iterator[Finding]:
    """N4, N5: 中国, 全国, 中华."""
    word = parsed.text_of("national")
    inside = next((one for one in NATIONAL if one in parsed.key), "") if not word else ""
    named: dict[str, Any] = {"word": word or inside}
    if word and parsed.kind == Kind.SERVICE:
        yield _advice(
            "national.service",
            _("The name of a social service institution does not begin with “%(word)s”.") % named,
            GROUNDS["N5/service"],
        )
    elif word and registry not in {"", NATIONAL_PATH} and parsed.kind == Kind.SOCIAL_GROUP:
        yield _advice(
            "national.local",
            _("The name of a local social group does not begin with “%(word)s”.") % named,
            GROUNDS["N5/social_group"],
        )
    elif word:
        yield _advice(
            "national.approval",
            _("“%(word)s” may stand in a name only with approval under state rules.") % named,
            GROUNDS["N4"],
        )
    elif inside:
        yield _advice(
            "national.inside",
            _("“%(word)s” stands inside the name. Ask the registration authority whether it may.") % named,
            PRACTICE,
        )


def _division(parsed: Parsed, registry: str, registry_name: str) -> Iterator[Finding]:
    """N2, N3, N4, N12: the administrative division at the beginning."""
    ground = GROUNDS["N3" if parsed.kind in BRANDED else "N2"]
    begins = parsed.begins
    if not begins.length:
        if registry != NATIONAL_PATH and not (parsed.text_of("national") and not registry):
            yield from _misplaced(parsed, registry_name, ground)
        return
    written = "".join(begins.steps)
    if registry == NATIONAL_PATH:
        yield _advice(
            "division.national",
            _(
                "A body registered by the Ministry of Civil Affairs normally carries no division; here stands “%(word)s”."
            )
            % {"word": written},
            GROUNDS["N4"],
        )
        return
    if all(not place.in_use for place in begins.places):
        yield _advice("division.ended", _("“%(word)s” is no division today.") % {"word": written}, PRACTICE)
    elif registry and not any(_is_of(place.path, place.level, registry) for place in begins.places):
        yield _advice(
            "division.other",
            _("The name begins with “%(word)s”, the registration authority is that of %(place)s.")
            % {"word": written, "place": registry_name},
            PRACTICE,
        )
    if _is_district_alone(parsed):
        yield _advice(
            "division.district",
            _("In practice the name of a district follows the name of its city: “%(word)s” stands alone.")
            % {"word": written},
            GROUNDS["N12"],
        )


def _misplaced(parsed: Parsed, registry_name: str, ground: Ground) -> Iterator[Finding]:
    own = registry_name.rsplit(" ", maxsplit=1)[-1] if registry_name else ""
    if own and own in parsed.written:
        text = _("The name begins with the division; here “%(word)s” stands inside.") % {"word": own}
        yield _advice("division.place", text, ground)
    else:
        yield _advice("division.missing", _("The name begins with the division; none was recognised here."), ground)


def _is_of(path: str, level: int, registry: str) -> bool:
    """Whether a name may begin with this division at this registry: its own, or a street of it (N12)."""
    return path == registry or (level == Level.TOWNSHIP and path.startswith(registry))


def _is_district_alone(parsed: Parsed) -> bool:
    """A district of a city whose city is not named; districts of municipalities lie below the province."""
    return parsed.begins.steps[0].endswith("区") and all(
        place.level >= Level.COUNTY and place.path.count("/") > 2 for place in parsed.begins.places
    )


def _brand_and_field(parsed: Parsed, _registry: str, _registry_name: str) -> Iterator[Finding]:
    """N2, N3: what stands between division and form."""
    field = parsed.text_of("field")
    if parsed.kind == Kind.SOCIAL_GROUP and not field and not parsed.text_of("origin"):
        yield _advice(
            "field.missing",
            _("Between division and form stands the trade, the field, or who the members are; nothing was recognised."),
            GROUNDS["N2"],
        )
    if parsed.kind not in BRANDED:
        return
    # A national body with leave to say 中国 is often named without a brand word; the rule leaves that to the approval.
    if not parsed.text_of("brand") and not parsed.text_of("national"):
        yield _advice(
            "brand.missing",
            _("Before the field stands a brand word of its own; none was recognised."),
            GROUNDS["N3"],
        )
    if not field:
        yield _advice(
            "field.missing",
            _("Between brand word and form stands the trade or field; none was recognised."),
            GROUNDS["N3"],
        )


def _form(parsed: Parsed, _registry: str, _registry_name: str) -> Iterator[Finding]:
    """N6: the organization form at the end. The list is open, and was not read in the text itself."""
    form = parsed.form
    if form is None:
        ground = GROUNDS["N3" if parsed.kind in BRANDED else "N2"]
        yield _advice("form.missing", _("The name ends with the organization form; none was recognised."), ground)
    elif form.text in words().branches.get(parsed.kind, ()):
        return
    elif not form.code:
        yield _advice(
            "form.unlisted",
            _("“%(word)s” is not among the usual organization forms. The list is open.") % {"word": form.text},
            GROUNDS["N6"],
        )
    elif form.kinds and parsed.kind not in form.kinds:
        kinds = "、".join(str(Kind(kind).label) for kind in sorted(form.kinds))
        yield _advice(
            "form.other_kind",
            _("“%(word)s” is usually the form of another kind: %(kinds)s.") % {"word": form.text, "kinds": kinds},
            GROUNDS["N6"],
        )


def _branch(parsed: Parsed, _registry: str, _registry_name: str) -> Iterator[Finding]:
    """N9, N10: endings that belong to branches and to offices inside a body."""
    ending = next((one for one in words().branches.get(parsed.kind, ()) if parsed.key.endswith(one)), "")
    if ending:
        yield _advice(
            "form.branch",
            _(
                "Names that end in “%(word)s” are those of branches or representative offices. They carry the full name of the body they belong to."
            )
            % {"word": ending},
            GROUNDS["N9"],
        )
        return
    office = next((one for one in words().offices if parsed.key.endswith(one)), "")
    if office:
        yield _advice(
            "form.office",
            _("Names that end in “%(word)s” are those of offices inside a body.") % {"word": office},
            GROUNDS["N10"],
        )


def _contents(parsed: Parsed, _registry: str, _registry_name: str) -> Iterator[Finding]:
    """N11: contents a person should look at. The articles were not read, so none is cited."""
    said = {
        "foreign": _("“%(word)s” is the name of a foreign country or region."),
        "international": _("“%(word)s” is, or sounds like, an international organization."),
        "authority": _("“%(word)s” is a word of party, government or army."),
        "people": _("“%(word)s” is the name of a people’s organization or of its kind."),
        "superstition": _("“%(word)s” may be read as superstition."),
    }
    rest = "".join(part.text for part in parsed.parts if part.role not in {"division", "origin"})
    for about_what, listed in words().watch.items():
        word = next((one for one in sorted(listed, key=len, reverse=True) if one in rest), "")
        if word:
            yield _advice(f"content.{about_what}", said[about_what] % {"word": word}, GROUNDS["N11"])
    if any(character.isascii() and character.isalnum() for character in parsed.key):
        yield _advice("content.letters", _("Letters or digits stand in the name."), GROUNDS["N11"])
