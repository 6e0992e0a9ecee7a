"""Websockets of videos."""
