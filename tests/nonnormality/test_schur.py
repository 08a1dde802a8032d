"""Schur forms: the factorisation itself, every order, the real form's blocks, and the direction of the signal."""

import flint
import numpy as np
import pytest

import linmem as lm
from linmem.balls.roots import Spectrum
from linmem.nonnormality.schur import schur_form
from tests.nonnormality.hard_matrices import hard_matrices

KINDS = {
    "gaussian": lambda: lm.ginibre(12, rng=0),
    "complex": lambda: lm.LinearNetwork(lm.ginibre(9, rng=1).recurrent + 1j * lm.ginibre(9, rng=2).recurrent),
    "symmetric": lambda: lm.symmetric_wigner(10, rng=0),
    "rotations": lambda: lm.random_normal(11, rng=0),
    "chain": lambda: lm.in_random_basis(lm.chain(6), rng=0),
    "defective": lambda: lm.jordan(6),
    "zero": lambda: lm.LinearNetwork(np.zeros((4, 4))),
    "one unit": lambda: lm.LinearNetwork([[0.5]]),
    "continuous": lambda: lm.lmu(5),
    "tiny": lambda: lm.LinearNetwork(1e-300 * lm.ginibre(6, rng=0).recurrent),
    "huge": lambda: lm.LinearNetwork(1e149 * lm.ginibre(6, rng=0).recurrent),
}
ORDERS = {"as found": None, "modulus": "modulus", "real part": lambda values: values.real}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("output", ["complex", "real"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_form_is_the_matrix_in_orthonormal_axes_and_its_departure_does_not_depend_on_the_order(kind, output, order):
    """G1. Backward stable: a few ulp N of ||W||."""
    net = KINDS[kind]()
    W = net.dense()
    if output == "real" and np.iscomplexobj(W):
        return
    scale = np.abs(W).max() or 1.0
    form = schur_form(net, output, order=ORDERS[order])
    n = net.size
    assert np.abs(form.Z @ form.T @ form.Z.conj().T - W).max() < 1e-14 * n * scale
    assert np.abs(form.Z.conj().T @ form.Z - np.eye(n)).max() < 1e-14 * n
    assert not np.tril(form.T, -2 if output == "real" else -1).any()
    known = 1e-5 if kind == "chain" else 1e-10  # eigenvalues of a hidden chain are not known to more
    departure = np.linalg.norm(form.feedforward / scale)
    assert departure == pytest.approx(np.linalg.norm(schur_form(net).feedforward / scale), rel=known, abs=1e-13)
    assert np.sum((form.link_strength / scale) ** 2) == pytest.approx(departure**2, rel=1e-12, abs=1e-28)


@pytest.mark.parametrize("output", ["complex", "real"])
@pytest.mark.parametrize("kind", ["gaussian", "rotations", "continuous"])
def test_eigenvalues_are_those_of_the_diagonal_in_the_order_asked_for(kind, output):
    net = KINDS[kind]()
    expected = np.linalg.eigvals(net.dense())
    form = schur_form(net, output, order="modulus")
    assert np.all(np.diff(np.abs(form.eigenvalues)) < 1e-12)
    assert np.allclose(np.sort(np.abs(form.eigenvalues)), np.sort(np.abs(expected)), rtol=1e-9)
    form = schur_form(net, output, order=lambda values: values.real)
    assert np.all(np.diff(form.eigenvalues.real) > -1e-12)
    assert np.sum(form.eigenvalues) == pytest.approx(np.trace(net.dense()), abs=1e-12)


@pytest.mark.parametrize("output", ["complex", "real"])
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e149])
def test_the_order_is_that_of_the_matrix_as_it_is_given(scale, output):
    """A function of the eigenvalues sees them in their own units, and is free to compare them with a number."""
    W = np.diag([0.2, 0.9, -0.4, 0.7]) + np.eye(4, k=1)
    form = schur_form(scale * W, output, order=lambda values: np.abs(values) < 0.5 * scale)
    assert np.allclose(np.sort(form.eigenvalues.real[:2]) / scale, [0.7, 0.9], rtol=1e-13)
    assert np.allclose(np.sort(form.eigenvalues.real[2:]) / scale, [-0.4, 0.2], rtol=1e-13)
    assert np.abs(form.Z @ (form.T / scale) @ form.Z.conj().T - W).max() < 1e-14


def test_pairs_that_cannot_change_places_are_refused_and_not_left_unsorted(monkeypatch):
    """LAPACK's trexc says so by its last value; no matrix tried has made it."""
    monkeypatch.setattr("scipy.linalg.lapack.get_lapack_funcs", lambda *_: lambda T, Z, *_: (T, Z, 1))
    with pytest.raises(lm.InvalidNetworkError, match="too close to change places; take output='complex'"):
        schur_form([[0.1, 2.0], [0.0, 0.5]], "real", order="modulus")


def test_blocks_of_the_real_form_are_a_rotation_and_a_link():
    """G1's trap: what is above the diagonal of a real Schur form is not its departure."""
    W = np.array([[0.1, 2.0], [-0.5, 0.1]])
    form = schur_form(W, "real")
    assert np.linalg.norm(form.feedforward) == pytest.approx(1.5, rel=1e-14)
    assert np.linalg.norm(form.feedforward) == pytest.approx(np.linalg.norm(schur_form(W).feedforward), rel=1e-13)
    assert np.linalg.norm(np.triu(form.T, 1)) != pytest.approx(1.5, rel=0.1)
    turned = schur_form(lm.random_normal(8, rng=3), "real")
    assert np.linalg.norm(turned.feedforward) < 1e-13
    assert np.linalg.norm(np.triu(turned.T, 1)) > 0.1


def test_the_signal_flows_from_the_last_position_to_the_first_until_it_is_turned_round():
    """G11: overlaps of the best input, .139 in the five positions next to the source and .038 in the last five."""
    overlaps = []
    for seed in range(10):
        net = lm.ginibre(100, gain=np.sqrt(0.99), rng=seed)
        flow = schur_form(net).signal_flow()
        assert not np.triu(flow.T, 1).any()
        assert np.abs(flow.Z @ flow.T @ flow.Z.conj().T - net.recurrent).max() < 1e-12
        overlaps.append(np.abs(flow.Z.conj().T @ lm.optimal_input(net)))
        back = flow.signal_flow()
        assert np.array_equal(back.T, schur_form(net).T)
    mean = np.mean(overlaps, axis=0)
    assert mean[:5].mean() == pytest.approx(0.139, abs=0.03)
    assert mean[-5:].mean() == pytest.approx(0.038, abs=0.02)


def test_memory_is_that_of_the_form():
    """G11: (T, Z* v) and (W, v)."""
    net = lm.ginibre(12, rng=0)
    form = schur_form(net)
    seen = lm.LinearNetwork(form.T, form.Z.conj().T @ net.feedforward)
    assert np.allclose(lm.fisher_memory_curve(seen, 20).values, lm.fisher_memory_curve(net, 20).values, rtol=1e-10)


def test_links_of_a_chain_have_distance_one():
    form = schur_form(lm.jordan(5, eigenvalue=0.5, weight=2.0))
    assert np.allclose(form.link_strength, [0, 4, 0, 0, 0])


BAD = [
    (lambda: schur_form(np.zeros((2, 3))), lm.InvalidNetworkError, ["square"]),
    (lambda: schur_form([[np.nan]]), lm.InvalidNetworkError, ["finite"]),
    (lambda: schur_form(np.zeros((2, 3, 3))), lm.InvalidNetworkError, ["stack"]),
    (lambda: schur_form(np.eye(2), "upper"), lm.ArgumentError, ["output is 'upper'", "'complex', 'real'"]),
    (lambda: schur_form(1j * np.eye(2), "real"), lm.InvalidNetworkError, ["complex"]),
    (lambda: schur_form(np.eye(2), order="size"), lm.ArgumentError, ["order is 'size'"]),
    (lambda: schur_form(np.eye(2), order="moduls"), lm.ArgumentError, ["did you mean 'modulus'?"]),
    (
        lambda: schur_form(np.eye(2), order=lambda values: 1.0),
        lm.ArgumentError,
        ["order returned", "2 eigenvalues"],
    ),
]


@pytest.mark.parametrize(("call", "kind", "words"), BAD, ids=range(len(BAD)))
def test_bad_requests_are_refused(call, kind, words):
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e130])
@pytest.mark.parametrize("output", ["complex", "real"])
@pytest.mark.parametrize("name", list(hard_matrices(3)))
def test_no_error_is_too_small(name, output, scale):
    """T by what Z T Z* leaves over; eigenvalues by the roots of the exact characteristic polynomial."""
    for n in (3, 8):
        W = hard_matrices(n, seed=n)[name] * scale
        if np.iscomplexobj(W) and output == "real":
            continue
        form = schur_form(W, output)
        left = np.linalg.norm((form.Z @ form.T @ form.Z.conj().T - W) / scale) * scale
        assert left <= form.T.error.max()
        with flint.ctx.workprec(300):
            roots = [root for root, _ in Spectrum(W).at(300)]
            for value, error in zip(form.eigenvalues, form.eigenvalues.error, strict=True):
                nearest = min((abs(root - flint.acb(complex(value))) for root in roots), key=float)
                assert float(nearest.lower()) <= error


def test_exchanged_units_are_exact_and_the_flow_keeps_its_errors():
    form = schur_form(lm.jordan(6, eigenvalue=0.3))
    assert not form.T.error.any() and not form.eigenvalues.error.any()
    form = schur_form(lm.ginibre(6, rng=0))
    assert np.array_equal(form.signal_flow().eigenvalues.error, form.eigenvalues.error[::-1])
    assert form.eigenvalues.error.max() < 1e-12
