"""What answers every websocket path that nothing else answers."""

from web.consumers.guarded import GuardedConsumer


class NotFoundConsumer(GuardedConsumer):
    """Accepts, then closes 4404: the same as for a path that exists and is not allowed."""
