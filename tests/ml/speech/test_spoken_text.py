"""What stands in a training plan is read as a coach would say it."""

import time

import pytest

from mlops.ml.speech.number_words import cardinal, number, ordinal, year
from mlops.ml.speech.spoken_text import spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("3 x 12 @ 80 kg", "three sets of twelve at eighty kilograms"),
        ("3x12@80kg, RPE 8.", "three sets of twelve at eighty kilograms, R P E eight."),
        ("1 x 5", "one set of five"),
        ("3 × 30 s plank", "three times thirty seconds plank"),
        ("3 x 5 x 100 kg", "three sets of five times one hundred kilograms"),
        ("3x/week", "three times a week"),
        ("85 % of your 1RM", "eighty-five percent of your one rep max"),
        ("8–12 reps", "eight to twelve reps"),
        ("2.5-5 kg", "two point five to five kilograms"),
        ("-5 kg", "minus five kilograms"),
        ("RPE > 8 & HRV ≈ 65 ms", "R P E over eight and H R V about sixty-five milliseconds"),
        ("1 kg, 1 min, 1.5 h", "one kilogram, one minute, one point five hours"),
        ("run 5 km/h, then 3 m/s", "run five kilometres per hour, then three metres per second"),
        ("30 g/day", "thirty grams per day"),
        ("37.2 °C", "thirty-seven point two degrees Celsius"),
        ("1,250 kcal", "one thousand two hundred and fifty kilocalories"),
        ("1 1/2 hours, 2½ h, 3/4 cup", "one and a half hours, two and a half hours, three quarters cup"),
        ("GH₵ 20 or £3.50", "twenty cedis or three pounds and fifty pence"),
        ("the 3rd set, the 22nd", "the third set, the twenty-second"),
        ("left/right", "left or right"),
        ("e.g. squats, lunges etc.", "for example squats, lunges and so on"),
        ("**Good** _work_: https://x.y/z?a=b", "Good work: a link"),
        ("Akwaaba, Yɛnkɔ", "Akwaaba, Yɛnkɔ"),
    ],
)
def test_plans_are_read_as_words(written: str, said: str) -> None:
    assert spoken(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("at 10:30", "at ten thirty"),
        ("10:05", "ten oh five"),
        ("10:00", "ten o'clock"),
        ("10:00 am or 6 pm", "ten A M or six P M"),
        ("18:00", "eighteen hundred"),
        ("1:30 min rest", "one minute thirty seconds rest"),
        ("5:05 /km", "five minutes five seconds per kilometre"),
        ("1:02:03", "one hour two minutes three seconds"),
        ("3 Nov 2026, 14:05", "the third of November twenty twenty-six, fourteen oh five"),
        ("2026-11-30", "the thirtieth of November twenty twenty-six"),
        ("2026-13-30", "two zero two six one three three zero"),
        ("in 2026", "in twenty twenty-six"),
        ("2,026 m", "two thousand and twenty-six metres"),
        ("0241234567", "zero two four one two three four five six seven"),
    ],
)
def test_times_and_dates_are_read_as_words(written: str, said: str) -> None:
    assert spoken(written) == said


def test_nothing_but_words_and_pauses_is_left() -> None:
    """No digit, bracket or sign reaches a voice, whatever stands there."""
    read = spoken('<speak>[[x]] {a} \\n 12 $5 #3 ^~| "q" 100% \U0001f3cb \x00\x1b[31m</speak> 9' * 20)
    assert all(one.isalpha() or one in " '’-,.;:!?…—()\"" for one in read), read


@pytest.mark.parametrize("piece", ["1", "1:", "3 x ", "-", "a/", "1,111", "12 - ", "1.", "x", "@", " ", "min/"])
def test_long_texts_take_no_longer_than_their_length(piece: str) -> None:
    began = time.perf_counter()
    spoken(piece * (2000 // len(piece)))
    assert time.perf_counter() - began < 0.5


def test_numbers_as_words() -> None:
    assert cardinal(0) == "zero"
    assert cardinal(999) == "nine hundred and ninety-nine"
    assert cardinal(1_000_001) == "one million and one"
    assert number("12.50") == "twelve point five zero"
    assert number("1,250") == "one thousand two hundred and fifty"
    assert number("1" * 13).startswith("one one one")
    assert [ordinal(n) for n in (1, 12, 20, 101)] == ["first", "twelfth", "twentieth", "one hundred and first"]
    assert [year(n) for n in (1900, 1905, 2000, 2007, 2026)] == [
        "nineteen hundred", "nineteen oh five", "two thousand", "two thousand and seven", "twenty twenty-six",
    ]  # fmt: skip
