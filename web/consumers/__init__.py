"""What every websocket of the site shares: who may connect, how fast, how much, for how long."""
