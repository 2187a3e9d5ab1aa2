"""Where things are: the gazetteer, the look-up of a name, and the pin that settles it."""
