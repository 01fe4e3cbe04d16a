from dataclasses import replace

from thingistat_pipeline.report.blocks import Facts, Figure, Gallery, Note
from thingistat_pipeline.report.recommender_examples import Examples
from thingistat_pipeline.report.recommender_section import recommender_sections
from thingistat_pipeline_tests.report import ranking_samples, samples


def keys(section):
    return [getattr(block, "key", block.kind) for block in section.blocks]


def test_what_was_learned_comes_first_then_examples_then_figures():
    together, tags, learned = recommender_sections(samples.large())
    assert keys(together) == [
        "points", "similar-things", "facts", "ranking-methods", "ranking-differences",
        "ranking-popularity", "ranking-table", "note", "one-like",
        "cold-start",
    ]  # fmt: skip
    assert keys(tags) == ["suggested-tags", "tag-trial", "draft-trial", "tag-things"]
    assert keys(learned) == [
        "learning", "ranking-progress", "ranking-parameters", "ranking-trials-without",
        "ranking-trials-with-side",
    ]  # fmt: skip


def test_the_facts_give_what_was_learned_from_before_and_after_and_the_effort():
    (facts,) = (b for b in recommender_sections(samples.large())[0].blocks if isinstance(b, Facts))
    assert [(fact.label, fact.value, fact.note) for fact in facts.items] == [
        ("Users learned from", "1,160", "of 4,512; at least 5 likes each"),
        ("Things learned from", "507", "of 1,822; at least 5 likes each"),
        # 11,496 of 1,160 times 507 pairs
        ("Likes learned from", "11,496", "of 17,040; 1.95 % of all pairs"),
        ("Likes hidden for the test", "2,291", "of 1,034 users"),
        ("Effort", "quick", "40 settings tried, seed 12"),
    ]


def test_without_a_model_one_note_says_why_and_nothing_is_drawn():
    (only,) = recommender_sections(samples.small())
    (note,) = only.blocks
    assert isinstance(note, Note)
    assert note.text.startswith("Not enough likes to learn from: of 12 likes between 9 users")


def test_where_nothing_was_trained_yet_the_note_says_that():
    (only,) = recommender_sections(samples.small(ranking={}))
    assert [block.text for block in only.blocks if isinstance(block, Note)] == [
        "No recommender has been trained on these data yet."
    ]


def test_tags_suggested_from_texts_are_shown_without_a_model_too():
    (only,) = recommender_sections(samples.small(examples=ranking_samples.examples()))
    assert keys(only) == ["note", "suggested-tags"]


def test_without_examples_there_are_figures_and_no_empty_gallery():
    parts = recommender_sections(samples.large(examples=Examples()))
    blocks = [block for part in parts for block in part.blocks]
    assert not any(isinstance(block, Gallery) for block in blocks)
    assert sum(isinstance(block, Figure) for block in blocks) == 10


def test_a_lonely_half_takes_the_whole_width():
    told = ranking_samples.ranking_scores()
    told["tags"] = replace_drafts(told["tags"])
    tags = recommender_sections(samples.large(ranking_scores=told))[1]
    (trial,) = (block for block in tags.blocks if isinstance(block, Figure))
    assert trial.width == "beside"


def replace_drafts(tags):
    return {**tags, "drafts": {}}


def test_a_section_without_content_is_left_out():
    data = replace(
        samples.large(),
        ranking={**ranking_samples.ranking(), "choice": {}},
        ranking_scores={"scores": ranking_samples.scores(learning_curves=[]), "tags": {}},
        examples=Examples(),
    )
    assert [section.key for section in recommender_sections(data)] == ["liked-together"]
