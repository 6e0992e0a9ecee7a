"""/backend/: addresses that programs know word for word."""

from django.urls import path

from sessions.video.api import backend
from sessions.video.api.pose_stream import PoseStreamView

app_name = "backend"
urlpatterns = [
    path("upload_and_extract_features", backend.ExtractView.as_view(), name="extract"),
    path("build_task_dataset", backend.DatasetView.as_view(), name="build"),
    path("train_task_model", backend.TrainView.as_view(), name="train"),
    path("features", backend.FeaturesView.as_view(), name="features"),
    path("features/<path:filename>", backend.FeatureFileView.as_view(), name="feature_file"),
    path("datasets", backend.DatasetsView.as_view(), name="datasets"),
    path("stream_pose", PoseStreamView.as_view(), name="stream_pose"),
    path("models", backend.ModelsView.as_view(), name="models"),
]
