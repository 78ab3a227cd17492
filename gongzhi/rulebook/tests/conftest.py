"""The packaged edition in the test's database, and somebody's browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.orgs.acting import ACTING_FOR
from gongzhi.rulebook import actions
from gongzhi.rulebook.enums import AMEND, LOAD
from tests.world import account_of, actor_of

PROCESS = Actor.system("test", permissions=frozenset({LOAD, AMEND}))


@pytest.fixture
def loaded(db: None) -> None:
    """The numbers of the package."""
    with acting(PROCESS):
        actions.load_parameters(actor=PROCESS)


@pytest.fixture
def browser_of(db: None) -> Callable[[str], Client]:
    """A signed-in browser of one of the cast, acting for their agency if they have one."""

    def make(name: str) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.defaults["wsgi.url_scheme"] = "https"
        client.force_login(account_of(name), backend="gongzhi.accounts.backend.AccountBackend")
        agency = actor_of(name).agency_id
        if agency is not None:
            session = client.session
            session[ACTING_FOR] = f"agency:{agency}"
            session.save()
        return client

    return make
