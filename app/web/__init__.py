"""What every page stands on: session, guards, forms, formats, errors, templates."""
