"""Wrong constants and wrong measures are noticed: of a few claims always, of all of them in the slow tests."""

import re
from functools import cache

import numpy as np
import pytest

import linmem as lm
from linmem.claims.checking import every_claim, find_claims
from tests.claims.mutations import (
    LOOSE,
    MEASURES,
    NOTICED,
    PAGE,
    SIGNS,
    UNNOTICED,
    measures_of,
    mutated,
    notices,
    sentences,
    too_large,
)


def unnoticed(claim):
    """The sentences of a claim whose mutation is not noticed, though they are not said to be loose."""
    return [
        sentence
        for sentence, (_, size) in sentences(claim).items()
        if (size is None or size > NOTICED) and (claim.id, sentence) not in LOOSE
    ]


@pytest.mark.parametrize("one", ["A3", "A14", "B8", "C6", "C8", "G2", "G3", "G4", "G7"])
def test_bounds_are_attained_where_the_claim_looks(one):
    """Before there were sharp instances, a wrong constant of A14, C8, G2 and G3 held."""
    assert unnoticed(find_claims(one)[0]) == []


def test_growth_that_is_too_large_is_noticed():
    assert "transient_growth" in measures_of(find_claims("G8")[0])
    assert notices(find_claims("G8")[0], "transient_growth")
    assert notices(find_claims("B8")[0], "fisher_memory_curve")


def test_mutations_are_what_they_say():
    """Negative controls: the sentence as it is holds, a lenient one is not noticed, and a tight one is."""
    assert mutated("equal", "x", 1.0, 1.0, 0.0).holds
    assert not mutated("equal", "x", 1.0, 1.0, 1e-3).holds
    assert mutated("equal", "x", 1.0, 1.0, 1e-3, tolerance=0.1).holds
    assert not mutated("equal", "x", 0.0, 0.0, 1e-3).holds
    assert mutated("at_most", "x", 0.5, 1.0, 0.1).holds
    assert not mutated("at_most", "x", 0.95, 1.0, 0.1).holds
    assert not mutated("at_least", "x", 1.05, 1.0, 0.1).holds
    assert not mutated("at_least", "x", 0.5, 0.0, 0.1).holds


@pytest.mark.parametrize("measure", MEASURES)
def test_a_wrong_measure_is_a_thousandth_too_large(measure):
    """The numbers that claims read are changed, whatever the result is made of."""
    if measure == "fit_decoder":
        rng = np.random.default_rng(0)
        result = lm.fit_decoder(rng.standard_normal((50, 3)), rng.standard_normal((50, 2)))
        assert too_large(result).r2 == pytest.approx(1.001 * result.r2)
        return
    arguments = {"nuisance_information": (3,), "pseudospectral_radius": (0.1,)}.get(measure, ())
    keywords = {"snr": 2.0} if measure in ("memory_function", "mutual_information") else {}
    result = getattr(lm, measure)(lm.ginibre(4, gain=0.7, rng=0), *arguments, **keywords)
    numbers = {"fisher_memory_curve": "values", "memory_function": "values", "transient_growth": "norms"}
    numbers |= {"schur_form": "T", "kreiss_constant": "upper"}
    of = (lambda value: getattr(value, numbers[measure])) if measure in numbers else (lambda value: value)
    np.testing.assert_allclose(of(too_large(result)), 1.001 * np.asarray(of(result)), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("claim", every_claim(), ids=lambda claim: claim.id)
def test_every_sentence_notices_a_wrong_constant(claim):
    assert unnoticed(claim) == []


@cache
def taken():
    return {claim: measures_of(claim) for claim in every_claim()}


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
def test_every_wrong_measure_is_noticed(measure):
    claims = [claim for claim, names in taken().items() if measure in names]
    assert claims
    assert any(notices(claim, measure) for claim in claims) == (measure not in UNNOTICED)


@pytest.mark.slow
def test_no_sentence_is_said_to_be_loose_without_need():
    sharp = [key for key in LOOSE if (size := sentences(find_claims(key[0])[0])[key[1]][1]) and size <= NOTICED]
    assert sharp == []


@pytest.mark.slow
def test_the_page_has_every_sentence_and_measure():
    page = PAGE.read_text()
    for claim in every_claim():
        for sentence, (kind, _) in sentences(claim).items():
            assert f"| {claim.id} | {sentence} | {SIGNS[kind]} |" in page
    assert all(f"| `{measure}` |" in page for measure in MEASURES)
    assert len(re.findall(r"^\| [A-I]\d+ \|", page, re.MULTILINE)) == sum(map(len, map(sentences, every_claim())))
