"""A person's own pages about their data, and the officials' pages that open it."""
