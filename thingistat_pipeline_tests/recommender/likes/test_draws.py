import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.recommender.likes.draws import seed_for


@given(st.integers(0, 2**40), st.text(max_size=20))
def test_a_seed_is_the_same_for_the_same_purpose_and_fits_every_generator(seed, purpose):
    found = seed_for(seed, purpose)
    assert found == seed_for(seed, purpose)
    assert 0 <= found < 2**32


def test_other_purposes_and_other_seeds_draw_otherwise_and_not_as_the_splits():
    purposes = ("fitting", "resampling", "sample", "proposal 1", "proposal 2")
    found = [seed_for(seed, purpose) for seed in range(50) for purpose in purposes]
    found += [seed for at in range(50) for seed in np.random.SeedSequence(at).generate_state(3)]
    assert len(set(found)) == len(found)
