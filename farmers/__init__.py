"""The farmer's side of the market."""
