"""Websockets: streaming into a workout, watching one, the board of a team."""
