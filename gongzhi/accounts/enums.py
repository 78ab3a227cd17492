"""Permission codes of accounts."""

CREATE = "accounts.create"
DISABLE = "accounts.disable"
KEEP_CLIENTS = "accounts.keep_clients"
