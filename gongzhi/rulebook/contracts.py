"""What other apps plug in: the modules that can be switched off level by level."""

from __future__ import annotations

import re

from django.utils.functional import Promise

from gongzhi.rulebook import catalogue

NAME = re.compile(r"^[a-z][a-z_]{1,30}$")


def register_module(name: str, label: str | Promise, meaning: str | Promise) -> None:
    """Add the switch `module.<name>` to the settings, on by default; called from the `ready()` of the app it switches.

    The app itself asks `rulebook.selectors.layers.is_on` before it works. ValueError for no name and for a name that is
    taken with other words.
    """
    if not NAME.match(name):
        raise ValueError(f"{name!r} is no name of a module")
    try:
        there = catalogue.definition(catalogue.module(name))
    except catalogue.UnknownSetting:
        catalogue.add_module(name, label, meaning)
        return
    if (str(there.label), str(there.meaning)) != (str(label), str(meaning)):
        raise ValueError(f"two modules are called {name}")
