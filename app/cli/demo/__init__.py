"""A demo cooperative and the rehearsal of its market day."""
