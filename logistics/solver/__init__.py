"""The pure route solver: a problem in, a checked plan out; no database, no Flask."""
