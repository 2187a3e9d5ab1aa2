"""Pages that belong to everyone: home, signing in, the account, messages, health."""
