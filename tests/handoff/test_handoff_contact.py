"""Names, numbers and addresses as clients write them: what is sure, what is unsure, what is wrong."""

from __future__ import annotations

import pytest

from nmt_guide.handoff.contact import Reading, read_email, read_name, read_phone


@pytest.mark.parametrize(
    "text",
    [
        "call me back on 512 555 0123 please",
        "(512) 555-0123",
        "512.555.0123",
        "my no is 5125550123 thx, not before 10",
        "1-512-555-0123",
        "+1 512 555 0123",
        "tel:+15125550123",
        "5 1 2 5 5 5 0 1 2 3",
        "5125550123 or 5125550199",
        "512 555 0123",
    ],
)
def test_a_number_is_found_in_what_is_around_it(text):
    assert read_phone(text, "US").value == "+15125550123"


def test_a_number_from_abroad_and_one_at_home():
    assert read_phone("+44 20 7946 0958", "US").value == "+442079460958"
    assert read_phone("020 7946 0958", "GB").value == "+442079460958"


def test_an_extension_is_kept():
    assert read_phone("512 555 0123 ext 4", "US").value == "+15125550123 ext. 4"


@pytest.mark.parametrize("text", ["no", "", "I hurt since 2019", "10 times", "📞"])
def test_what_is_no_number_is_no_mistake(text):
    assert read_phone(text, "US") == Reading()


def test_a_number_without_its_area_code_says_so():
    found = read_phone("555-0123", "US")

    assert found.value is None
    assert "area code" in str(found.problem)


def test_a_number_that_is_too_short_says_how_many_digits_it_has():
    assert "9 digits" in str(read_phone("512 555 012", "US").problem)


def test_an_unusual_number_is_asked_back():
    found = read_phone("999 999 9999", "US")

    assert found.value == "+19999999999"
    assert "check" in str(found.problem)


@pytest.mark.parametrize("country", ["EU", None, ""])
def test_without_a_country_the_country_code_is_asked_for(country):
    assert "country code" in str(read_phone("512 555 0123", country).problem)
    assert read_phone("+1 512 555 0123", country).value == "+15125550123"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ana@example.com", "ana@example.com"),
        ("It is ana.b+x@Example.com.", "ana.b+x@example.com"),
        ("Ana <ana@example.com>", "ana@example.com"),
        ("(ana@example.com), thanks", "ana@example.com"),
        ("änä@exämple.de", "änä@exämple.de"),
    ],
)
def test_an_address_is_found_in_what_is_around_it(text, address):
    assert read_email(text).value == address


@pytest.mark.parametrize("text", ["ana@example", "@example.com", "ana@", "a..b@example.com", "ana@@example.com"])
def test_half_an_address_says_so(text):
    found = read_email(text)

    assert found.value is None
    assert "name@example.com" in str(found.problem)


def test_a_mistyped_provider_is_asked_back():
    found = read_email("ana@gmial.com")

    assert found.value == "ana@gmial.com"
    assert "Did you mean gmail.com?" in str(found.problem)


def test_no_address_is_no_mistake():
    assert read_email("I have none") == Reading()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Ana", "Ana"),
        ("my name is ana lópez", "Ana López"),
        ("Hi, I'm Bob.", "Bob"),
        ("this is Dr. McDonald-O'Brien", "Dr. McDonald-O'Brien"),
        ("ANNA SMITH", "Anna Smith"),
        ("Will", "Will"),
        ("call me Li", "Li"),
        ("Юлия", "Юлия"),
        ("Name: Jan van der Berg", "Jan van der Berg"),
    ],
)
def test_a_name_is_found_in_what_is_around_it(text, value):
    assert read_name(text).value == value


@pytest.mark.parametrize("text", ["no", "never mind", "why", "call me later", "", "  ", "I don't want to say"])
def test_a_no_is_no_name(text):
    assert read_name(text).value is None


@pytest.mark.parametrize("text", ["512 555 0123", "how much?", "x" * 200, "a b@c", "https://example.com"])
def test_what_cannot_be_a_name_says_so(text):
    assert read_name(text).problem
