"""What everything stands on: money, quantity, time, distance, refusals, transactions."""
