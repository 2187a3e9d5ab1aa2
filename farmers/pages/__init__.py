"""What a farmer sees: the listing form, the harvests, the day, the statements, the outbox."""
