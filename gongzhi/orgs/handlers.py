"""What organizations give to lower apps: which channels of notices a division or an organization uses."""

from __future__ import annotations

from typing import Final

from gongzhi.accounts.models import Person
from gongzhi.orgs.models import Organization
from gongzhi.rulebook import catalogue
from gongzhi.rulebook.selectors import layers


class SettingsGate:
    """Asks the settings: for an organization its own and those above it, else those of where the person lives."""

    def is_open(self, *, person_id: int, org_id: int | None, channel: str) -> bool:
        """Two queries. A person whose division nobody knows has the nation's."""
        if org_id is not None:
            path = Organization.objects.filter(pk=org_id).values_list("path", flat=True).first()
        else:
            path = Person.objects.filter(pk=person_id).values_list("path", flat=True).first()
        return layers.held(catalogue.channel(channel), path=path or "", org_id=org_id).is_on


GATE: Final = SettingsGate()
