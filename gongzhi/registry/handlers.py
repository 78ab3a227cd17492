"""What the register answers for apps below it."""

from __future__ import annotations

from gongzhi.core.times import today
from gongzhi.registry.models import Version


class RegisterRepresentatives:
    """The legal representative as the register states it today (`orgs.contracts.Representatives`)."""

    def name_of(self, *, org_id: int) -> str:
        """Public by law; empty where no source states it."""
        row = Version.objects.as_of(today()).filter(org_id=org_id).first()
        return row.legal_representative if row is not None else ""
