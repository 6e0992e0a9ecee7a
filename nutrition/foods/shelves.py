"""Where a food stands when one searches: each shelf is a word that no food has in its name.

Everyday foods stand on a shelf of their own, and so do those of each athlete, so that a search for two letters does not
walk through 390,000 products.
"""

from mlops.ml.nutrition.foods.words import words_of
from nutrition.models import Food

EVERYDAY, PRODUCT = "xeverydayx", "xproductx"


def own_shelf(athlete_id: int) -> str:
    return f"xown{athlete_id}x"


def words_for(food: Food) -> str:
    """What `Food.words` says of a food."""
    shelf = own_shelf(food.athlete_id) if food.athlete_id else EVERYDAY if food.everyday else PRODUCT
    found = dict.fromkeys(words_of(f"{food.name} {food.also} {food.brand}"))
    return " ".join([shelf, *found])[:500]
