import json
from concurrent.futures import ThreadPoolExecutor
from math import prod

import numpy as np
import pytest

from thingistat_pipeline.advisor.advice import PUSHES_AT, Adviser
from thingistat_pipeline.advisor.asked import DraftCreator, DraftPost
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.drafts import DraftRefusedError
from thingistat_pipeline.advisor.forecasts import DAYS
from thingistat_pipeline.advisor.population import Population
from thingistat_pipeline.popularity.advisor.model import load_advisor
from thingistat_pipeline.popularity.advisor.rows import ADVISOR, LOG_AGE
from thingistat_pipeline.popularity.explanation.actions import ACTIONS
from thingistat_pipeline.settings import Settings

RICH = DraftPost(
    title="Adjustable phone stand",
    description="This is a stand for the phone and it is easy to print. " * 5,
    instructions="Print it with 0.2 mm.",
    tags=["phone", "stand", "holder"],
    files={"stl": 2},
    megabytes=4.0,
    photographs=4,
    remix=False,
    print_settings=["supports", "infill"],
    needs_supports=False,
    weekday=6,
    hour=18,
    creator=DraftCreator(followers=250, designs=40),
)
ABSURD = DraftPost(
    title="<script>alert(1)</script>\u202e" + "x" * 250,
    description="\x00\x1b[31m" * 3000,
    tags=[f"tag {n}" for n in range(50)],
    files={"stl": 10_000, "archive": 10_000},
    megabytes=1e6,
    photographs=1000,
    creator=DraftCreator(followers=10**9, designs=10**9, earlier_most_downloads=1e9),
)


@pytest.fixture(scope="module")
def adviser(world: Settings, database: Database) -> Adviser:
    return Adviser.load(world, database)


def known_to(adviser: Adviser) -> Population:
    assert adviser.ready is not None, adviser.state().reason
    return adviser.ready.known


@pytest.mark.parametrize("draft", [DraftPost(), RICH, ABSURD], ids=["empty", "rich", "absurd"])
def test_the_factors_lead_from_the_typical_post_to_the_prediction(
    adviser: Adviser, draft: DraftPost
):
    advice = adviser.advice(draft)

    assert advice.available
    assert advice.others is not None
    assert advice.typical_downloads is not None
    at = next(each for each in advice.forecasts if each.days == PUSHES_AT)
    product = prod(push.factor for push in advice.pushes) * advice.others
    assert advice.typical_downloads * product == pytest.approx(at.downloads.value, rel=1e-6)
    assert [each.days for each in advice.forecasts] == list(DAYS)
    assert all(f.downloads.low <= f.downloads.value <= f.downloads.high for f in advice.forecasts)
    json.loads(advice.model_dump_json())


def test_the_prediction_is_the_stored_model_s(adviser: Adviser, world: Settings):
    model = load_advisor(world.models_dir, version=str(adviser.state().version))
    known = known_to(adviser)
    thing_id = int(known.ids[3])
    row = known.row(thing_id)
    assert row is not None
    rows = np.stack([row] * len(DAYS))
    rows[:, known.places[LOG_AGE]] = np.log1p(DAYS)

    advice = adviser.advice(DraftPost(based_on=thing_id))

    np.testing.assert_allclose(
        [each.downloads.value for each in advice.forecasts],
        np.expm1(model.predict(rows)).clip(0),
        rtol=1e-6,
    )
    high = model.interval(rows)[1]
    np.testing.assert_allclose(
        [each.downloads.high for each in advice.forecasts], np.expm1(high), rtol=1e-6
    )


def test_an_empty_draft_is_pushed_by_nothing(adviser: Adviser):
    advice = adviser.advice(DraftPost())

    assert advice.pushes == []
    assert advice.others == pytest.approx(1.0)
    assert advice.outside == []
    assert {change.state for change in advice.changes} == {"not told"}


def test_every_change_is_answered_for_once(adviser: Adviser):
    keys = [change.key for change in adviser.advice(RICH).changes]

    assert sorted(keys) == sorted(action.key for action in ACTIONS)


def test_what_is_absurd_is_said_to_lie_outside(adviser: Adviser):
    labels = {each.feature for each in adviser.advice(ABSURD).outside}

    assert {"tag_count", "photo_count", "title_length"} <= labels


def test_it_says_what_it_rests_on(adviser: Adviser, world: Settings):
    advice = adviser.advice(RICH)

    assert advice.synthetic
    assert advice.model == adviser.state()
    assert advice.model.available
    assert "95 % interval" in str(advice.model.skill)
    assert 0 < (advice.fitted_on or 0) < len(known_to(adviser).ids)
    assert "cause" not in advice.model_dump_json()


def test_many_at_once_get_what_one_gets(adviser: Adviser):
    drafts = [DraftPost(), RICH, ABSURD] * 4
    expected = [adviser.advice(draft) for draft in drafts[:3]] * 4

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(adviser.advice, drafts)) == expected


def test_a_thing_that_nobody_knows_is_no_base(adviser: Adviser):
    with pytest.raises(DraftRefusedError, match="not in the published data"):
        adviser.advice(DraftPost(based_on=2**53 - 1))


def test_a_known_thing_becomes_a_draft(adviser: Adviser, database: Database):
    thing_id = int(known_to(adviser).ids[0])

    found = adviser.existing(thing_id)

    assert found is not None
    assert found.card.id == thing_id
    assert found.draft.based_on == thing_id
    assert found.draft.title
    told = database.rows("existing_thing", id=thing_id)[0]
    assert found.draft.description == told["description"]
    assert found.draft.licence == told["licence"]
    assert adviser.existing(2**53 - 1) is None


def test_a_creator_is_found_by_part_of_the_name_with_what_the_next_post_would_know(
    adviser: Adviser, database: Database
):
    known = known_to(adviser)
    told = database.rows("existing_thing", id=int(known.ids[0]))[0]

    found = {each.name: each.figures for each in adviser.creators(told["creator"][1:].upper())}

    figures = found[told["creator"]].model_dump()
    assert figures["earlier_designs"] >= 1
    assert figures["earlier_most_downloads"] >= told["downloads"]
    assert figures["days_since_first"] >= figures["days_since_previous"] >= 0


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "'; DROP TABLE things; --"])
def test_a_search_for_creators_takes_every_text_as_a_text(adviser: Adviser, text: str):
    assert adviser.creators(text) == [] or all(text in c.name for c in adviser.creators(text))


def test_options_are_what_a_draft_may_say(adviser: Adviser):
    options = adviser.options()

    assert all(choice.things for choice in options.categories)
    for key in (choice.key for choice in options.categories):
        assert adviser.advice(DraftPost(category=key)).available
    for key in (choice.key for choice in options.licences):
        assert adviser.advice(DraftPost(licence=key)).available
    kinds = {choice.key: choice for choice in options.file_kinds}
    assert adviser.advice(DraftPost(files=dict.fromkeys(kinds, 1))).available
    assert kinds["stl"].things
    assert [choice.key for choice in options.print_settings] == [
        "supports",
        "rafts",
        "resolution",
        "infill",
    ]


def without_model(world: Settings, tmp_path) -> Settings:
    """Settings of a folder with the same published data, and nothing else yet."""
    (tmp_path / "data" / "models").mkdir(parents=True)
    (tmp_path / "data" / "features").symlink_to(world.features_dir)
    return world.with_changes(data_dir=tmp_path / "data")


def test_without_a_model_every_answer_says_what_to_do(
    world: Settings, database: Database, tmp_path
):
    adviser = Adviser.load(without_model(world, tmp_path), database)

    advice = adviser.advice(RICH)

    assert not advice.available
    assert not adviser.state().available
    assert "make run" in str(advice.reason)
    assert advice.forecasts == []
    assert adviser.options().categories, "the form is there even so"
    thing_id = database.frame("draft_members")["thing_id"][0]
    assert adviser.existing(thing_id) is not None


def test_a_model_that_was_not_fitted_gives_its_reason(
    world: Settings, database: Database, tmp_path
):
    settings = without_model(world, tmp_path)
    folder = settings.models_dir / ADVISOR / "v1"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text('{"fitted": false, "reason": "Only 7 things."}')
    (folder / "provenance.json").write_text("{}")
    (folder.parent / "latest").symlink_to("v1")

    advice = Adviser.load(settings, database).advice(DraftPost())

    assert not advice.available
    assert "Only 7 things." in str(advice.reason)


def test_a_damaged_model_is_not_served_and_nothing_breaks(
    world: Settings, database: Database, tmp_path
):
    settings = without_model(world, tmp_path)
    stored = (world.models_dir / ADVISOR / "latest").resolve()
    folder = settings.models_dir / ADVISOR / stored.name
    folder.mkdir(parents=True)
    for file in stored.iterdir():
        content = file.read_bytes()
        (folder / file.name).write_bytes(
            content[:-9] if file.suffix in {".npz", ".skops"} else content
        )
    (folder.parent / "latest").symlink_to(stored.name)

    adviser = Adviser.load(settings, database)

    assert not adviser.state().available
    assert "SHA-256" in str(adviser.state().reason)
