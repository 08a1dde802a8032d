"""Non-normality and certificates: against singular values one by one, where that is what people do, and as they are."""

import numpy as np
import pytest

import linmem as lm
from benchmarks.test_fisher_memory import timed


@pytest.mark.parametrize("peer", ["linmem", "numpy.linalg.svd a point"])
@pytest.mark.parametrize("n", [100, 200, 400])
def test_pseudospectrum(benchmark, n, peer):
    """50 x 50 points; of the peer every 25th (N = 100) or 250th, and the time for one."""
    W = np.array(lm.ginibre(n, gain=0.9, rng=0).recurrent)
    box = (-1.5, 1.5, -1.5, 1.5)
    group = f"pseudospectrum, N = {n}, 50 x 50 points, per point"
    if peer == "linmem":
        benchmark.extra_info["networks"] = 2500
        timed(benchmark, group, lambda: lm.pseudospectrum(W, box=box, points=50))
        return
    axis = np.linspace(-1.5, 1.5, 50)
    points = (axis[None, :] + 1j * axis[:, None]).ravel()[:: 25 if n == 100 else 250]
    benchmark.extra_info["networks"] = len(points)
    found = timed(
        benchmark, group, lambda: [np.linalg.svd(z * np.eye(n) - W, compute_uv=False)[-1] for z in points], rounds=3
    )
    ours = lm.pseudospectrum(W, box=box, points=50).sigma_min.ravel()[:: 25 if n == 100 else 250]
    assert np.allclose(found, ours, rtol=1e-6)


NEW_BOX = (-0.3, 1.2, -0.2, 1.1)  # without a symmetry


@pytest.mark.parametrize("points", [25, 40, 100, "Schur form and 100"])
@pytest.mark.parametrize("kind", ["Gaussian", "Grcar", "feedback chain"])
def test_pseudospectrum_in_a_new_box(benchmark, kind, points):
    """What a page waits for after a zoom, N = 200: the Schur form of the network is known, but in the last row."""
    net = {
        "Gaussian": lm.ginibre(200, gain=0.9, rng=0),
        "Grcar": lm.grcar(200, gain=0.4),
        "feedback chain": lm.feedback_chain(200, feedforward=0.95, feedback=0.2),
    }[kind]
    group = f"pseudospectrum in a new box, {kind}, N = 200, {points} points a side"
    if points == "Schur form and 100":
        timed(benchmark, group, lambda: lm.pseudospectrum(net, NEW_BOX, 100))
        return
    resolvent = lm.Resolvent(net)
    resolvent.pseudospectrum(NEW_BOX, 2)
    timed(benchmark, group, lambda: resolvent.pseudospectrum(NEW_BOX, points))


@pytest.mark.parametrize("kind", ["Gaussian", "Grcar", "feedback chain"])
@pytest.mark.parametrize("measure", ["kreiss_constant", "numerical_radius", "henrici_departure"])
def test_measures_of_a_hundred_units(benchmark, measure, kind):
    net = {
        "Gaussian": lm.ginibre(100, rng=0),
        "Grcar": lm.grcar(100),
        "feedback chain": lm.feedback_chain(100, feedforward=0.95, feedback=0.2),
    }[kind]
    timed(benchmark, f"{measure}, {kind}, N = 100", lambda: getattr(lm, measure)(net), rounds=3)


@pytest.mark.parametrize("measure", ["henrici_departure", "transient_growth"])
def test_stacks(benchmark, measure):
    """1000 networks of 100 units, the growth over 100 steps; per network."""
    W = np.stack([lm.ginibre(100, rng=seed).recurrent for seed in range(200)])
    W = np.concatenate([W * scale for scale in (1, 0.9, 0.8, 0.7, 0.6)])
    benchmark.extra_info["networks"] = len(W)
    run = {
        "henrici_departure": lambda: lm.henrici_departure(W),
        "transient_growth": lambda: lm.transient_growth(W, 100),
    }[measure]
    timed(benchmark, f"{measure}, a stack, N = 100, per network", run, rounds=1)


@pytest.mark.parametrize("n", [50, 100, 200])
@pytest.mark.parametrize("kind", ["Gaussian", "feedback chain"])
def test_certified_curve(benchmark, kind, n):
    """2 N lags to a relative width of 1e-10."""
    net = lm.ginibre(n, rng=0) if kind == "Gaussian" else lm.feedback_chain(n, feedforward=0.95, feedback=0.2)
    curve = lm.FisherMemoryCurve(net, np.arange(2 * n), np.zeros(2 * n), np.zeros(2 * n), 0.0, 0.0, "")
    found = timed(
        benchmark,
        f"certified curve, {kind}, N = {n}",
        lambda: lm.certify(curve, rtol=1e-10),
        rounds=1 if n > 100 else 3,
    )
    assert found.relative_width < 1e-10
