"""Cases: case types as versioned data, drafts that lose nothing, statuses, steps, clocks, decisions. Knows no domain."""
