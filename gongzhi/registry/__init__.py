"""The official register: what social organizations are, were and are called, by what source and since when."""
