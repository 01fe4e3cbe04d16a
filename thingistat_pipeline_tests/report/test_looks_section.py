from thingistat_pipeline.report.blocks import Facts, Figure, Note, Points
from thingistat_pipeline.report.looks_examples import LookExamples
from thingistat_pipeline.report.looks_section import looks_section
from thingistat_pipeline_tests.report import looks_samples, samples


def keys(section):
    return [getattr(block, "key", block.kind) for block in section.blocks]


def shown(**changes):
    return looks_section(samples.large(looks=looks_samples.looks(**changes)))


def test_choosing_comes_first_then_what_looks_alike_then_what_pictures_add():
    assert keys(shown()) == [
        "picture-choice", "picture-weights", "look-alikes", "near-duplicates", "facts",
        "picture-gain", "picture-ranker", "photographs",
    ]  # fmt: skip


def test_without_pictures_one_note_says_why():
    (note,) = looks_section(samples.small()).blocks
    assert isinstance(note, Note)
    assert note.text.startswith("No cover picture has been obtained")


def test_questions_without_an_answer_are_told_with_their_reasons_and_not_drawn():
    section = shown(choice=looks_samples.not_judged(), gain={}, pictures_in_ranker={})
    assert keys(section) == ["look-alikes", "near-duplicates", "facts", "photographs", "points"]
    (points,) = (block for block in section.blocks if isinstance(block, Points))
    assert [point.topic for point in points.items] == [
        "Which picture to choose", "What pictures add about downloads",
        "What pictures add about likes",
    ]  # fmt: skip
    (figure,) = (block for block in section.blocks if isinstance(block, Figure))
    assert figure.width == "beside"


def test_without_examples_there_is_no_empty_gallery():
    assert "look-alikes" not in keys(shown(examples=LookExamples()))


def facts(section):
    (found,) = (block for block in section.blocks if isinstance(block, Facts))
    return {fact.label: (fact.value, fact.note) for fact in found.items}


def test_the_facts_tell_what_was_compared_and_how():
    assert facts(shown()) == {
        # 1,900 of 1,998
        "Things with a cover picture": ("1,900", "95 % of all"),
        "Different pictures": ("1,871", "1,280 numbers each by efficientnet-lite0"),
        "True look-alikes found": ("all", "every two pictures were compared"),
        "Things that repeat a picture": ("37", "in 21 listed pairs"),
    }


def test_where_not_all_pairs_were_compared_the_recall_is_told_with_its_interval():
    looks = looks_samples.look_alikes(recall=0.9975, judged_on=500)
    value, note = facts(shown(looks=looks))["True look-alikes found"]
    assert value == "99.8 %"
    # Wilson's interval with z² = 3.8415: middle (0.9975 + 0.0038415) / 1.007683 = 0.9937, half
    # 1.96 / 1.007683 times the root of 0.9975 x 0.0025 / 500 + 3.8415 / 1,000,000: 0.0058
    assert note == "99.8 % (98.8 to 99.9 %) on a sample of 500 things"
