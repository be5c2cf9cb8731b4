"""Distances against published ones between cities."""

from __future__ import annotations

import numpy as np
import pytest

from nmt_guide.directory.distance import EARTH_RADIUS, distance_text, great_circle

CITIES = {
    "New York": (40.7128, -74.0060),
    "Los Angeles": (34.0522, -118.2437),
    "London": (51.5074, -0.1278),
    "Paris": (48.8566, 2.3522),
    "Sydney": (-33.8688, 151.2093),
    "Melbourne": (-37.8136, 144.9631),
    "Auckland": (-36.8485, 174.7633),
    "Honolulu": (21.3069, -157.8583),
}


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ("London", "Paris", 344),
        ("New York", "Los Angeles", 3940),
        ("New York", "London", 5570),
        ("Sydney", "Melbourne", 714),
        ("Auckland", "Honolulu", 7080),  # over the date line
    ],
)
def test_distances_between_cities(one, other, km):
    assert great_circle(*CITIES[one], *CITIES[other]) == pytest.approx(km, rel=0.005)
    assert great_circle(*CITIES[other], *CITIES[one]) == pytest.approx(km, rel=0.005)


def test_the_same_point_is_no_distance_away():
    assert great_circle(30.2428, -97.7658, 30.2428, -97.7658) == 0


def test_opposite_ends_of_the_earth_are_half_a_turn_apart():
    assert great_circle(0, 0, 0, 180) == pytest.approx(np.pi * EARTH_RADIUS)
    assert great_circle(90, 0, -90, 17) == pytest.approx(np.pi * EARTH_RADIUS)


def test_many_distances_at_once():
    latitudes, longitudes = np.array(list(CITIES.values())).T
    found = great_circle(*CITIES["London"], latitudes, longitudes)

    assert found.shape == (len(CITIES),)
    assert np.argsort(found)[:2].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("km", "country", "text"),
    [
        (0.0, "US", "less than 1 mile"),
        (1.2, "US", "1 mile"),
        (5, "US", "3 miles"),
        (5, "GB", "3 miles"),
        (5, "CA", "5 km"),
        (0.3, "DE", "less than 1 km"),
        (1609.344, "US", "1000 miles"),
    ],
)
def test_distances_are_said_in_the_units_of_the_country(km, country, text):
    assert distance_text(km, country) == text


@pytest.mark.parametrize(("country", "miles", "text"), [("US", False, "5 km"), ("CA", True, "3 miles")])
def test_distances_are_said_in_the_units_that_were_asked_for(country, miles, text):
    assert distance_text(5, country, miles) == text
