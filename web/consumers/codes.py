"""Close codes of our websockets."""

BAD_INPUT = 4400
"""More than 100 frames that could not be used."""
FORBIDDEN = 4403
"""Access was taken back while connected."""
NOT_FOUND = 4404
"""Nothing there, or not for you: the same answer."""
TOO_SLOW = 4408
"""The client does not read what it is sent."""
REPLACED = 4409
"""The same stream was opened by a newer connection."""
TOO_FAST = 4429
"""More than twice the declared rate, 200 messages or 2,000 samples a second; more connections than one may have."""
TOO_LARGE = 1009
"""A frame over 64 KiB."""
BUSY = 1013
"""The server cannot store fast enough: try again later."""
BROKEN = 1011
"""A mistake of ours."""

OFFENCES = frozenset({BAD_INPUT, TOO_SLOW, TOO_FAST, TOO_LARGE})
"""What a client did wrong: nothing it sends after that is read."""
