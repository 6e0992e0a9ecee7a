"""The products that are known by name, each in a file of its own with its documented format.

Adding one: write a `Product` and add it to `PRODUCTS`; nothing else asks who wrote a file.
"""

from __future__ import annotations

from mlops.ml.survival.checkins.readers.products.base import Known, Product
from mlops.ml.survival.checkins.readers.products.elite_hrv import ELITE_HRV
from mlops.ml.survival.checkins.readers.products.garmin import (
    GARMIN_ACCOUNT,
    GARMIN_ACTIVITIES,
    GARMIN_HRV,
    GARMIN_SLEEP,
)
from mlops.ml.survival.checkins.readers.products.health_auto_export import HEALTH_AUTO_EXPORT
from mlops.ml.survival.checkins.readers.products.hrv4training import HRV4TRAINING
from mlops.ml.survival.checkins.readers.products.intervals_icu import INTERVALS_ACTIVITIES, INTERVALS_WELLNESS
from mlops.ml.survival.checkins.readers.products.oura import OURA, OURA_V1
from mlops.ml.survival.checkins.readers.products.whoop import WHOOP, WHOOP_WORKOUTS

__all__ = ["PRODUCTS", "Known", "Product", "find_product"]

PRODUCTS: tuple[Product, ...] = (
    HRV4TRAINING,
    ELITE_HRV,
    WHOOP_WORKOUTS,
    WHOOP,
    OURA,
    OURA_V1,
    GARMIN_SLEEP,
    GARMIN_HRV,
    GARMIN_ACCOUNT,
    GARMIN_ACTIVITIES,
    INTERVALS_WELLNESS,
    INTERVALS_ACTIVITIES,
    HEALTH_AUTO_EXPORT,
)


def find_product(keys: frozenset[str]) -> Product | None:
    """The first product that a file with these headings was written by, or None."""
    return next((product for product in PRODUCTS if product.looks_like(keys)), None)
