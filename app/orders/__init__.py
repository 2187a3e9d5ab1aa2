"""Orders of city buyers: placing, allocating, handing over, and the tills."""
