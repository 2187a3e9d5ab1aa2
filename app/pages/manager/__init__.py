"""The manager's pages: the market day and what it needs."""
