"""A photo of food comes in, is made harmless, is its owner's alone, and goes."""

import io
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from mlops.ml.vision.photo_squares import Square, square_around
from mlops.ml.vision.photos import crops_of
from nutrition.models import Food, FoodPhoto, Meal, OwnFood, PhotoRegion
from nutrition.photos.selectors.photos import photo_folder, photo_pixels
from nutrition.photos.services import features
from nutrition.photos.services.bin import photo_purge, photos_expire
from tests.people import make_user
from web.registries.stored_files import named_files

pytestmark = pytest.mark.django_db
API = "/api/v1/food-photos/"


def picture(kind="JPEG", size=(1800, 900), exif=None, colour="red"):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **({"exif": exif} if exif else {}))
    return out.getvalue()


def sent(data, name="plate.jpg"):
    return {"photo": SimpleUploadedFile(name, data)}


@pytest.fixture
def owner():
    return make_user("eater")


def test_a_photo_is_stored_upright_small_and_without_exif(api, owner):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0132] = 6, "Secret maker", "2026:11:30 12:00:00"
    answer = api(owner).post(API, sent(picture(exif=exif)), format="multipart")
    assert answer.status_code == 201, answer.content
    photo = FoodPhoto.objects.get()
    assert (photo.width, photo.height) == (750, 1500)
    data = (photo_folder(photo) / "photo.jpg").read_bytes()
    assert b"Secret" not in data
    assert not Image.open(io.BytesIO(data)).getexif()
    assert named_files() >= {f"{photo.folder}/photo.jpg", f"{photo.folder}/small.jpg"}
    assert api(owner).post(API, sent(picture(exif=exif)), format="multipart").status_code == 409


def bomb():
    """A PNG that says 20,000 × 20,000 pixels in its head."""
    data = bytearray(picture("PNG", (4, 4)))
    data[16:24] = (20_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"<html><script>alert(1)</script></html>", 415, "wrong_type"),
        (picture()[:400], 422, "unreadable_media"),
        (picture("GIF", (8, 8)), 415, "wrong_type"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00" + bytes(64), 415, "wrong_type"),
        (bomb(), 413, "too_many_pixels"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(data, status, code, api, owner):
    answer = api(owner).post(API, sent(data), format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"].endswith(".")
    assert not FoodPhoto.objects.exists()


def test_files_are_private_and_come_in_ranges(api, client, owner):
    pk = api(owner).post(API, sent(picture("PNG"), "p.png"), format="multipart").json()["id"]
    address = f"/nutrition/photo/{pk}/files/photo.jpg"
    client.force_login(owner)
    part = client.get(address, headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.getvalue()) == (206, b"\xff\xd8")
    assert client.get(address, headers={"If-None-Match": part["ETag"]}).status_code == 304
    assert client.get(f"/nutrition/photo/{pk}/").status_code == 200
    client.force_login(make_user("somebody-else"))
    assert client.get(address).status_code == 404


def test_foods_are_marked_named_and_removed_by_hand_without_a_model(api, owner):
    caller = api(owner)
    pk = caller.post(API, sent(picture()), format="multipart").json()["id"]
    regions = f"{API}{pk}/regions/"
    made = caller.post(regions, {"box": [0.2, 0.2, 0.3, 0.3]}, format="json")
    assert made.status_code == 201, made.content
    region = made.json()
    assert region["answer"]["missing"] == "no_champion"
    for box in ([0.9, 0, 0.5, 0.5], [0, 0, 0.001, 1], "all", [0, 0, True, 1]):
        assert caller.post(regions, {"box": box}, format="json").status_code == 400
    one = f"{regions}{region['id']}/"
    assert caller.patch(one, {"grams": 180}, format="json").json()["grams"] == 180
    assert caller.patch(one, {"grams": -1}, format="json").status_code == 400
    said = caller.post(f"{one}confirm/", {"label": " Jollof  rice ", "remember": True}, format="json").json()
    assert (said["label"], said["remembered"]) == ("Jollof rice", False), "no part is here"
    assert caller.delete(one).status_code == 204
    assert not PhotoRegion.objects.exists()


def test_a_food_that_is_remembered_is_recognised_again_for_its_owner_alone(api, owner, monkeypatch):
    def colours(key):
        return SimpleNamespace(answer=lambda squares: [one.reshape(-1, 3).mean(axis=0) for one in squares])

    monkeypatch.setattr(features, "remote_scorer", colours)
    monkeypatch.setattr(features, "store", lambda: SimpleNamespace(find=lambda name: "here"))

    def own_answer(user, colour, size):
        caller = api(user)
        pk = caller.post(API, sent(picture(colour=colour, size=size)), format="multipart").json()["id"]
        address = f"{API}{pk}/regions/"
        return address, caller.post(address, {"box": None}, format="json").json()

    address, region = own_answer(owner, "red", (300, 300))
    confirmed = {"label": "Red soup", "remember": True}
    said = api(owner).post(f"{address}{region['id']}/confirm/", confirmed, format="json")
    assert said.json()["remembered"] is True
    own = OwnFood.objects.get()
    assert own_answer(owner, "red", (310, 300))[1]["answer"]["own"][0]["name"] == "Red soup"
    assert own_answer(owner, "blue", (310, 300))[1]["answer"]["own"] == []
    assert own_answer(make_user("another"), "red", (320, 300))[1]["answer"]["own"] == []
    mine = f"/api/v1/own-foods/{own.pk}/"
    assert api(owner).patch(mine, {"name": "Groundnut soup"}, format="json").json()["n_examples"] == 1
    assert PhotoRegion.objects.get(pk=region["id"]).label == "Groundnut soup"
    assert api(owner).patch(mine, {"name": "  "}, format="json").status_code == 400
    api(owner).delete(f"{address}{region['id']}/")
    assert not OwnFood.objects.filter(pk=own.pk).exists()


def test_a_deleted_photo_comes_back_or_goes_with_its_files(api, owner, settings):
    pk = api(owner).post(API, sent(picture()), format="multipart").json()["id"]
    assert api(owner).delete(f"{API}{pk}/").status_code == 204
    assert api(owner).post(f"{API}{pk}/restore/").status_code == 200
    settings.FOOD_PHOTO_KEEP_DAYS = 1
    FoodPhoto.objects.update(created_at="2026-01-01T00:00:00Z")
    photos_expire()
    assert not FoodPhoto.objects.exists()
    photo = FoodPhoto.all_with_deleted.get()
    photo_purge(photo)
    assert not photo_folder(photo).exists()
    assert not FoodPhoto.all_with_deleted.exists()


def test_the_whole_photo_is_seen_as_image_models_see_it(api, owner):
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    api(owner).post(API, sent(out.getvalue(), "n.png"), format="multipart")
    pixels = photo_pixels(FoodPhoto.objects.get())
    square = square_around(None, 400, 300)
    assert square == Square(50, 0, 300)
    assert np.array_equal(crops_of([pixels]), crops_of([pixels[:, 50:350]]))
    corner = square_around([0.9, 0.9, 0.1, 0.1], 400, 300)
    assert (corner.left + corner.side, corner.top + corner.side) == (400, 300)


def test_a_plate_becomes_one_meal(api, owner):
    caller = api(owner)
    pk = caller.post(API, sent(picture()), format="multipart").json()["id"]
    region = caller.post(f"{API}{pk}/regions/", {"box": None}, format="json").json()
    one = f"{API}{pk}/regions/{region['id']}/"
    food = Food.objects.create(source="house", name="Test stew", energy_kcal=100)
    caller.patch(one, {"grams": 150}, format="json")
    caller.post(f"{one}confirm/", {"label": "Test stew", "food": str(food.pk)}, format="json")
    when = {"day": str(timezone.localdate()), "slot": "lunch"}
    assert caller.post(f"{API}{pk}/meal/", when, format="json").status_code == 201
    assert [(item.name, item.grams) for item in Meal.objects.get().items.all()] == [("Test stew", 150)]
    assert caller.post(f"{API}{pk}/meal/", when, format="json").json()["code"] == "already_saved"
