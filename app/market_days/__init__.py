"""The transitions of the market day: each done once, safe to retry, undone by a counter-step."""
