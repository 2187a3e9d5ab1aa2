"""What is known about crops before any cooperative sets up its own: names, units, keeping."""
