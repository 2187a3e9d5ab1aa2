// Grows below: the outbox, the worker, the photo.
