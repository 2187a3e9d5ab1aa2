"""What people are told: each kind of message once per event, worded when it is shown.

Every message stands in the list of its person. Text messages and notifications carry it
to the phone: ``delivering`` has the rows of this outbox, ``sending`` does the work,
``texting`` and ``pushing`` are the channels, and ``kinds`` tells how to add a kind.
"""

from app.messages.services import (
    Figures,
    Notice,
    mark_read,
    newest,
    own_message,
    tell,
    tell_all,
    unread_count,
)

__all__ = [
    "Figures",
    "Notice",
    "mark_read",
    "newest",
    "own_message",
    "tell",
    "tell_all",
    "unread_count",
]
