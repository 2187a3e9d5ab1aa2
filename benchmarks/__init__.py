"""Measurements of what the product promises, each run by a make command."""
