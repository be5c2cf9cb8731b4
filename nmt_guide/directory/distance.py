"""Distances on the globe, and how people say them."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Mean radius of the Earth in km (IUGG; R1 of Moritz, "Geodetic Reference System 1980", 2000). The Earth is no sphere:
#: distances are off by up to 0.5 %.
EARTH_RADIUS = 6371.0088
KM_PER_MILE = 1.609344

#: Countries whose people say miles.
_MILES = frozenset({"US", "GB", "LR", "MM"})


def great_circle(latitude: float, longitude: float, latitudes: Any, longitudes: Any) -> Any:
    """Distances by the haversine formula (Sinnott, "Virtues of the Haversine", Sky and Telescope, 1984).

    Args:
        latitude: of one point, in degrees.
        longitude: of one point, in degrees.
        latitudes: of the others: a number or an array of any shape.
        longitudes: of the others, in the same shape.

    Returns:
        Distances in km, in the shape of the others.
    """
    one, others = np.radians(latitude), np.radians(latitudes)
    half = np.sin((others - one) / 2) ** 2
    half = half + np.cos(one) * np.cos(others) * np.sin(np.radians(np.subtract(longitudes, longitude)) / 2) ** 2
    # Rounding may lift the value for opposite ends of the Earth above 1.
    return 2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def in_miles(country: str) -> bool:
    """Whether people of a country (two letters) say miles."""
    return country in _MILES


def distance_text(km: float, country: str, miles: bool | None = None) -> str:
    """A distance in the units of a country, "3 miles" or "5 km", or in those that were asked for."""
    if miles is None:
        miles = in_miles(country)
    number = round(km / KM_PER_MILE if miles else km)
    if number < 1:
        return "less than 1 mile" if miles else "less than 1 km"
    if not miles:
        return f"{number} km"
    return f"{number} mile" if number == 1 else f"{number} miles"
