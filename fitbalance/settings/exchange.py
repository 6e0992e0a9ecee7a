"""Model hubs, models that answer elsewhere, and where artifacts are stored."""

from fitbalance.settings.env import env

HUB_ENDPOINT = env.str("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
"""The model hub that versions are pushed to and pulled from."""
HF_TOKEN = env.str("HF_TOKEN", "")
HUB_TIMEOUT_S = env.float("HUB_TIMEOUT_S", 8.0)
