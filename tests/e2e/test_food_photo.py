"""A photo of a plate on a phone: upload, tap a food, say what it is; it is still there after a reload."""

import io

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.e2e.looking import ALL_LOOKS, Eyes

pytestmark = pytest.mark.browser


def plate() -> bytes:
    """A drawn plate with two foods."""
    image = Image.new("RGB", (900, 700), "#8a6a4a")
    draw = ImageDraw.Draw(image)
    draw.ellipse((150, 50, 750, 650), fill="white")
    draw.ellipse((230, 200, 450, 450), fill="#c2451e")
    draw.rectangle((480, 250, 660, 430), fill="#4d8a2d")
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def test_a_plate_is_photographed_and_named(new_page, watch):
    page = new_page("athlete", phone=True)
    page.goto("/nutrition/photo/")
    page.set_input_files("#photo-file", {"name": "plate.jpg", "mimeType": "image/jpeg", "buffer": plate()})
    page.get_by_role("button", name="Upload").click()
    photo = page.locator("[data-frame] img")
    expect(photo).to_be_visible()
    box = photo.bounding_box()
    photo.click(position={"x": box["width"] * 0.38, "y": box["height"] * 0.46})
    row = page.locator("[data-plate] > li")
    expect(row).to_have_count(1)
    row.get_by_label("Food").fill("Jollof rice")
    row.get_by_label("Amount (g)").fill("220")
    row.get_by_role("button", name="Save").click()
    expect(page.locator("[data-state]")).to_have_text("Jollof rice is saved.")
    page.reload()
    expect(row.get_by_label("Food")).to_have_value("Jollof rice")
    expect(row.get_by_label("Amount (g)")).to_have_value("220")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    faults = Eyes().look(page, "/nutrition/photo/…/", ALL_LOOKS)
    page.get_by_role("button", name="Save as a meal").click()
    page.wait_for_url("**/nutrition/?day=*")
    expect(page.get_by_text("jollof rice").first).to_be_visible()
    for name in ("", "week/", "foods/?q=egg", "settings/", "photo/"):
        address = f"/nutrition/{name}"
        page.goto(address)
        faults += Eyes().look(page, address, ALL_LOOKS)
    page.goto("/nutrition/")
    page.get_by_label("Search foods").fill("bannana")
    page.get_by_role("button", name="Add banana").first.tap()
    expect(page.get_by_text("Added: banana.")).to_be_visible()
    assert not faults, "\n".join(faults)
