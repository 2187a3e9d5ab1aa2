"""Documents in and out: spreadsheets, PDF and QR codes."""
