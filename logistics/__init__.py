"""The road from village to city: runs, stops, weights."""
