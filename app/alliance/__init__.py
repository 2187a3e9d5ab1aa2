"""Shops of a district that share members: circles, member offers, and who brought whom."""
