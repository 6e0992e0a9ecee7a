"""Websocket routes of this app."""

from django.urls import URLPattern, path

from sessions.live.consumers.board import BoardConsumer
from sessions.live.consumers.replay import ReplayConsumer
from sessions.live.consumers.stream import LiveConsumer
from sessions.live.consumers.watch import WatchConsumer
from sessions.video.consumers.live import LivePoseConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/live/<uuid:session>/", LiveConsumer.as_asgi(), name="ws_live"),
    path("ws/replay/<uuid:session>/", ReplayConsumer.as_asgi(), name="ws_replay"),
    path("ws/watch/<uuid:session>/", WatchConsumer.as_asgi(), name="ws_watch"),
    path("ws/teams/<uuid:team>/", BoardConsumer.as_asgi(), name="ws_team"),
    path("ws/videos/live/", LivePoseConsumer.as_asgi(), name="ws_videos_live"),
]
