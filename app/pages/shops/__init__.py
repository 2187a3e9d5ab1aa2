"""Pages of shopkeepers: the day's orders, handing over by code, totals and the till."""
