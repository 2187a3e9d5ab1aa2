"""Roads between places: a graph from an OpenStreetMap extract, matrices and lines."""
