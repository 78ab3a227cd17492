"""Permission codes of accounts."""

CREATE = "accounts.create"
DISABLE = "accounts.disable"
