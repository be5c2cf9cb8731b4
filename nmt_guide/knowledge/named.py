"""The entries that the program itself names: it would fail, or forget what it does with them, if they went away."""

from __future__ import annotations

from nmt_guide.errors import Problem
from nmt_guide.knowledge.content import Content

#: A test reads both lists out of the code.
TOPICS = frozenset(
    [
        "acute_injury",
        "after_exercise",
        "after_soreness",
        "booking",
        "bot_diagnosis",
        "bot_images_records",
        "bot_medication",
        "cancellation",
        "choose_therapist",
        "compare_deep_tissue",
        "compare_overview",
        "complaint",
        "cond_headache_tension",
        "cond_other",
        "cond_severe_headache",
        "condition_overview",
        "contra_blood_thinners",
        "contra_overview",
        "cost",
        "cred_certifications",
        "cred_licensing",
        "cred_training",
        "crisis_support",
        "delete_my_data",
        "doctor_first",
        "ergonomics",
        "evidence_citations",
        "evidence_overview",
        "evidence_trigger_points",
        "feelings_support",
        "find_therapist",
        "heat_ice",
        "home_visits_online",
        "hours_location",
        "how_nmt_works",
        "human_handoff",
        "inappropriate_requests",
        "insurance",
        "language_access",
        "out_of_scope",
        "post_surgery",
        "practitioner_settings",
        "pregnancy",
        "privacy",
        "red_flags",
        "referral_doctor",
        "rf_abuse",
        "risks_side_effects",
        "self_care",
        "self_massage",
        "session_frequency",
        "session_number",
        "session_overview",
        "session_pain",
        "session_positions",
        "session_pressure",
        "session_results",
        "small_talk_greeting",
        "small_talk_how_are_you",
        "small_talk_thanks",
        "tech_trigger_point_release",
        "therapist_bio",
        "trigger_points",
        "unclear",
        "what_is_nmt",
        "who_is_it_for",
    ]
)
RED_FLAGS = frozenset(["rf_abuse", "rf_head_injury", "rf_history_serious", "rf_suicide", "rf_thunderclap"])


def check(content: Content) -> list[Problem]:
    """The entries that the program names and the content lacks."""
    return [
        Problem(
            folder,
            name,
            "is missing, and the program itself names it: bring its file back under this name. You may change what it says.",
        )
        for folder, needed, there in (
            ("knowledge/topics", TOPICS, content.topic),
            ("knowledge/red_flags", RED_FLAGS, content.red_flag),
        )
        for name in sorted(needed - there.keys())
    ]
