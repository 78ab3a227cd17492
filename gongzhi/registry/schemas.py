"""What the API says about organizations."""

from __future__ import annotations

import datetime as dt

from ninja import Field, Schema


class OrganizationOut(Schema):
    """An organization as it stands today."""

    code: str | None = Field(description="Unified social credit code (GB 32100), if there is a valid one")
    number: str = Field(description="Registration or filing number, empty if there is none")
    name: str
    kind: str
    standing: str
    division: str = Field(description="Division path of the registration authority, '/' for the national level")
    registered_on: dt.date | None
    url: str = Field(description="Address of the organization's page")


class OrganizationPage(Schema):
    """Some organizations, and the cursors of the neighbouring pages."""

    items: list[OrganizationOut]
    next: str | None
    previous: str | None


class FactOut(Schema):
    """One registered item with its source."""

    item: str
    value: str
    since: dt.date | None = Field(description="First day of this value; null where no source states it")
    source: str
    source_dated_on: dt.date
    confirmed_on: dt.date | None


class DoubtOut(Schema):
    """A value a source holds that could not be believed and waits for a person."""

    column: str
    value: str
    rule: str


class OrganizationDetail(OrganizationOut):
    """An organization with its registered items."""

    items: list[FactOut]
    missing: list[str]
    former_names: list[str]
    doubts: list[DoubtOut]
