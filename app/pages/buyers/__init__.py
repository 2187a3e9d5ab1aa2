"""Pages of city buyers: what is offered, ordering, requests, and their own orders."""
