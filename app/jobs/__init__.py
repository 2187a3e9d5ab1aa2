"""Durable work: rows that are enqueued, leased, fenced and finished in transactions."""
