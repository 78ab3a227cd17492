"""What a person can know and ask about their own data: who looked, why, emergency access, copies, consent, retention."""
