import pytest

from thingistat_pipeline.advisor.changes import Changes
from thingistat_pipeline.popularity.explanation.actions import ACTIONS
from thingistat_pipeline_tests.advisor.populations import drafted, population

NAN = float("nan")
COLUMNS: dict[str, list[float]] = {
    "photo_count": [0, 1, 2, 3] * 30,
    "tag_count": [0, 3, 5, 12] * 30,
    "needs_supports": [0, 1, NAN, NAN] * 30,
    "print_settings_given": [1, 1, 0, 0] * 30,
    "published_hour": [7, 12, 18, 20] * 30,
    "thumbnail_is_render": [1, 0, 0, 0] * 30,
    "picture_brightness": [0.2, 0.4, 0.6, 0.9] * 30,
    "files_step": [0, 0, 0, 0] * 30,
}
BY_KEY = {action.key: action for action in ACTIONS}


def examined(key, rank=1, evidence="strong", effect=0.2, note=""):
    action = BY_KEY[key]
    return {
        "rank": rank,
        "action": key,
        "change": action.sentence,
        "before": "before it",
        "after": "after it",
        "factor": 1 + effect,
        "factor_low": 1.0,
        "factor_high": 2.0,
        "support": 120,
        "evidence": evidence,
        "note": note,
    }


def changes(*rows, not_examined=()):
    return Changes(population(COLUMNS), rows, not_examined)


def state(key, values, told):
    held = changes(examined(key))
    return held.of(drafted(held.known, values, told))[0].state


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("first-photograph", {"photo_count": 0}, "possible"),
        ("first-photograph", {"photo_count": 2}, "done"),
        ("more-photographs", {"photo_count": 0}, "does not apply"),
        ("more-photographs", {"photo_count": 2}, "possible"),
        ("more-photographs", {"photo_count": 3}, "done"),
        ("more-tags", {"tag_count": 5}, "possible"),
        ("more-tags", {"tag_count": 6}, "done"),
        ("evening", {"published_hour": 8}, "possible"),
        ("evening", {"published_hour": 18}, "done"),
        ("evening", {"published_hour": 3}, "does not apply"),
        ("no-supports", {"print_settings_given": 1, "needs_supports": 1}, "possible"),
        ("no-supports", {"print_settings_given": 0, "needs_supports": NAN}, "does not apply"),
        ("no-supports", {"print_settings_given": 1, "needs_supports": NAN}, "not told"),
        ("brighter-cover", {"thumbnail_is_render": 0, "picture_brightness": 0.7}, "possible"),
        ("brighter-cover", {"thumbnail_is_render": 0, "picture_brightness": 0.75}, "done"),
        ("brighter-cover", {"thumbnail_is_render": 1}, "does not apply"),
    ],
)
def test_a_change_is_open_to_drafts_that_look_as_before_it(key, values, expected):
    everything = ["photographs", "tags", "hour", "print_settings", "cover"]

    assert state(key, values, everything) == expected


def test_twice_as_many_is_asked_of_those_with_less_than_between_usual_and_twice_that():
    # Of those with photographs the lower median is 2, so the border lies at 2 x sqrt(2) = 2.8.
    assert state("more-photographs", {"photo_count": 2}, ["photographs"]) == "possible"
    assert state("more-photographs", {"photo_count": 3}, ["photographs"]) == "done"


def test_what_the_draft_does_not_tell_is_not_guessed():
    assert state("first-photograph", {"photo_count": 0}, ["tags"]) == "not told"
    assert state("brighter-cover", {"picture_brightness": 0.1}, ["tags"]) == "not told"


def test_a_step_is_said_in_the_draft_s_own_numbers():
    held = changes(examined("more-tags"), examined("more-photographs"))

    tags, photographs = held.of(
        drafted(held.known, {"tag_count": 1, "photo_count": 2}, ["tags", "photographs"])
    )

    assert (tags.before, tags.after) == ("1 tag", "6 tags")
    assert (photographs.before, photographs.after) == ("2 photographs", "4 photographs")


def test_a_state_is_said_as_it_was_examined():
    held = changes(examined("first-photograph"))

    change = held.of(drafted(held.known, {"photo_count": 0}, ["photographs"]))[0]

    assert (change.before, change.after) == ("before it", "after it")
    assert (change.factor.value, change.factor.low, change.factor.high) == (1.2, 1.0, 2.0)
    assert change.support == 120
    assert change.evidence == "strong"


def test_what_is_open_and_helps_comes_first_and_what_was_not_examined_last():
    held = changes(
        examined("more-tags", evidence="strong", effect=-0.3),
        examined("first-photograph", evidence="strong"),
        examined("evening", evidence="weak"),
        examined("more-photographs", evidence="no evidence"),
        not_examined=[{"change": BY_KEY["step-source"].sentence, "remark": "Not examined: few."}],
    )
    draft = drafted(
        held.known,
        {"photo_count": 1, "tag_count": 0, "files_step": 0},
        ["photographs", "tags", "files"],
    )

    found = held.of(draft)

    assert [(change.key, change.state) for change in found] == [
        ("evening", "not told"),
        ("more-tags", "possible"),
        ("more-photographs", "possible"),
        ("first-photograph", "done"),
        ("step-source", "possible"),
    ]
    assert found[2].evidence == "none"
    assert found[-1].evidence == "not examined"
    assert found[-1].evidence_in_words == "Not examined: few."
    assert found[-1].factor is None


def test_a_change_is_greyed_out_where_the_draft_lies_outside_what_was_seen():
    held = changes(examined("more-tags"), examined("more-photographs"))
    draft = drafted(held.known, {"tag_count": 60, "photo_count": 2}, ["tags", "photographs"])

    outside = {change.key: change.outside for change in held.of(draft)}

    assert outside["more-photographs"] is None
    assert "60 tags" in outside["more-tags"]
    assert "0 to 12 tags" in outside["more-tags"]


def test_values_outside_are_listed_once_for_each_part_and_only_if_told():
    held = changes()
    values = {"tag_count": 60, "photo_count": 40, "picture_brightness": 0.99, "files_step": 2}

    found = held.outside(drafted(held.known, values, ["tags", "cover", "files"]))

    assert {(each.feature, each.value, each.seen) for each in found} == {
        ("tag_count", "60 tags", "0 to 12 tags"),
        ("picture_brightness", "99 %", "20 to 90 %"),
        ("files_step", "2 files", "0 files"),
    }


def test_of_a_picture_what_says_nothing_to_people_is_one_line_without_numbers():
    columns = {"picture_diagonal_rising": [0.1, 0.2] * 60, "picture_brightness": [0.2, 0.9] * 60}
    held = Changes(population(columns), (), ())

    (strange,) = held.outside(drafted(held.known, {"picture_diagonal_rising": 0.9}, ["cover"]))
    values = {"picture_diagonal_rising": 0.9, "picture_brightness": 0.1}
    (plain,) = held.outside(drafted(held.known, values, ["cover"]))

    assert (strange.label, strange.value, strange.seen) == (
        "the cover picture’s composition",
        "",
        "",
    )
    assert plain.label == "the cover picture’s brightness"
    assert (plain.value, plain.seen) == ("10 %", "20 to 90 %")


def test_what_was_not_examined_is_not_said_in_numbers_that_nobody_has():
    remark = {"remark": "Not examined: few."}
    held = changes(
        not_examined=[
            {"change": BY_KEY[key].sentence, **remark} for key in ("more-photographs", "evening")
        ]
    )

    numbered, plain = held.of(drafted(held.known, {}, []))

    assert (numbered.before, numbered.after) == ("", "")
    assert (plain.before, plain.after) == (BY_KEY["evening"].before, BY_KEY["evening"].after)


def test_a_value_at_the_edge_of_what_was_seen_is_not_outside():
    held = changes()

    assert held.outside(drafted(held.known, {"picture_brightness": 0.9}, ["cover"])) == []


def test_a_table_of_another_version_does_not_stop_advice():
    held = changes(
        {**examined("more-tags"), "action": "no-longer-there"},
        not_examined=[{"change": "No such change", "remark": "Not examined."}],
    )

    assert held.of(drafted(held.known, {}, [])) == []
