"""How organizations are found: the text search keeps of each, what a word matches, and who answers."""
