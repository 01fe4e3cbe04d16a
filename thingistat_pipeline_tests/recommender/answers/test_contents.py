import numpy as np
from numpy.testing import assert_allclose
from sklearn.feature_extraction.text import TfidfTransformer

from thingistat_pipeline.recommender.answers.contents import (
    contents_of,
    rows_of_length_one,
    tags_of,
)
from thingistat_pipeline_tests.recommender.answers.told import told


def test_a_tag_and_a_word_of_one_spelling_are_one_term():
    features = told((1, "tag", "Phone_Stand"), (2, "word", "phonestand"), (2, "tag", "other"))
    contents = contents_of(features, np.array([1, 2]))
    assert contents.terms == ("phonestand",)


def test_weights_are_rarity_at_length_one_as_scikit_learn_has_them():
    features = told(
        *((thing, "tag", tag) for thing, tag in ((1, "a"), (1, "b"), (2, "a"), (2, "c"), (3, "c"))),
        *((thing, "category", "Art") for thing in (1, 3)),
        (4, "tag", "b"),
    )
    contents = contents_of(features, np.arange(1, 5))
    assert contents.terms == ("a", "b", "c", "category:Art")
    counts = np.array([[1, 1, 0, 1], [1, 0, 1, 0], [0, 0, 1, 1], [0, 1, 0, 0]])
    # scikit-learn adds 1 to the logarithm, and counts no thing more than there are.
    rarity = TfidfTransformer(smooth_idf=False).fit(counts).idf_ - 1 + np.log(5 / 4)
    assert_allclose(contents.rarity, rarity, rtol=1e-6)
    expected = counts * rarity
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert_allclose(contents.matrix.toarray(), expected, rtol=1e-6)


def test_what_one_thing_alone_has_and_creators_and_licences_are_no_terms():
    features = told(
        *((thing, kind, "x") for thing in (1, 2) for kind in ("creator", "license")),
        (1, "tag", "mine"),
        (1, "category", "Art"),
    )
    contents = contents_of(features, np.array([1, 2]))
    assert contents.terms == ()
    assert contents.matrix.shape == (2, 0)


def test_a_tag_is_called_as_most_things_write_it_and_counted_under_that_name():
    features = told(
        *((thing, "tag", "cup") for thing in (2, 3)),
        *((thing, "tag", "cups") for thing in (1, 3)),
        (4, "tag", "_"),
    )
    tags = tags_of(features, np.arange(1, 5))
    assert tags.names == ("cup",)
    assert tags.things.tolist() == [2]
    assert tags.bearing.toarray().tolist() == [[1], [1], [1], [0]]


def test_of_names_used_alike_the_first_in_the_alphabet_is_taken():
    features = told((1, "tag", "phone_stand"), (2, "tag", "phone-stand"))
    assert tags_of(features, np.array([1, 2])).names == ("phone-stand",)


def test_nothing_told_is_about_nothing():
    empty = told()
    assert contents_of(empty, np.array([], dtype=np.int64)).matrix.shape == (0, 0)
    assert tags_of(empty, np.array([5])).bearing.shape == (1, 0)


def test_rows_without_anything_stay_so():
    features = told((1, "tag", "a"), (2, "tag", "a"), (3, "tag", "b"))
    matrix = contents_of(features, np.arange(1, 4)).matrix
    assert rows_of_length_one(matrix).sum(axis=1).tolist() == [1, 1, 0]


def test_a_tag_of_one_thing_counts_only_where_things_are_few():
    features = told((1, "tag", "mine"), (2, "tag", "ours"), (3, "tag", "ours"))
    assert tags_of(features, np.arange(1, 1 + 999)).names == ("mine", "ours")
    assert tags_of(features, np.arange(1, 1 + 1000)).names == ("ours",)
