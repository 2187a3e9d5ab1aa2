"""Photos: kept, made small and safe, and never shown as they came."""
