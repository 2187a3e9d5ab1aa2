"""Order matching: a pure engine (data in, data out) and the services around it."""
