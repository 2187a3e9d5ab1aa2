"""What people are told: each kind of message once per event, worded when it is shown."""

from app.messages.services import mark_read, newest, tell, unread_count

__all__ = ["mark_read", "newest", "tell", "unread_count"]
