"""The bank's custody: statements, what they are matched to, and the proof that all is there."""
