"""Networks to and from python-control.

Conventions
-----------
x[k+1] = A x[k] + B u[k] in discrete, dx/dt = A x + B u in continuous time: A is W or the drift, B is V. A discrete
`StateSpace` lets the input of one step into the state of the next, so that its state k + 1 is h_k here, and its
impulse response at k + 1 is W^k V.

Contents
--------
to_python_control
    A network as a `control.StateSpace` whose outputs are all its units.
from_python_control
    The network that a `control.StateSpace` drives.
"""

from __future__ import annotations

import re

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.exchange.extras import extra
from linmem.network import ContinuousNetwork, LinearNetwork, Network, as_network


def to_python_control(network: Network):
    r"""A network as a `control.StateSpace`, to read all its units: C = I, D = 0; dt = True, or 0 in continuous time.

    A `StateSpace` has no noise: its covariance, `network.noise`, is left behind, and what a Kalman filter needs of it
    is passed there (`control.dlqe(system.A, I, system.C, Q, R)`). Labels name states and outputs where no two are
    equal. A network without feedforward weights has no inputs.

    Raises
    ------
    InvalidNetworkError
        For a stack, or complex weights, which python-control has not; where it is not installed.

    Examples
    --------
    >>> import linmem as lm
    >>> system = to_python_control(lm.chain(3, gain=2.0))
    >>> system.A[1, 0], system.B.shape, system.dt
    (np.float64(2.0), (3, 1), True)
    """
    with extra("control"):
        import control
    network = as_network(network)
    network.require_single("to_python_control")
    A = network.dense()
    B = np.zeros((network.size, 0)) if network.feedforward is None else network.columns()
    if np.iscomplexobj(A) or np.iscomplexobj(B):
        raise InvalidNetworkError(
            f"{network.MATRIX} or feedforward is complex; python-control computes with real matrices only"
        )
    labels = list(network.labels) if len(set(network.labels)) == network.size else None
    C, D = np.eye(network.size), np.zeros((network.size, B.shape[1]))
    dt = 0 if isinstance(network, ContinuousNetwork) else True
    return control.StateSpace(A, B, C, D, dt, states=labels, outputs=labels, remove_useless_states=False)


def from_python_control(system, *, noise=1.0, name: str = "") -> LinearNetwork | ContinuousNetwork:
    r"""The network of a `control.StateSpace`: W or the drift is A, V is B; continuous where dt is 0.

    Outputs are left behind: memory is that of the whole state. One column of B is one input, (N,); none is no input.
    States that have been given names keep them as labels.

    Parameters
    ----------
    system
        Its `dt` tells discrete time, True or a number, from continuous time, 0. The number itself is left behind.
    noise, name
        As for `LinearNetwork`: a `StateSpace` has no noise of its own.

    Raises
    ------
    InvalidNetworkError
        For a system of another kind, or one whose `dt` is None, which may be either.

    Examples
    --------
    >>> import control
    >>> net = from_python_control(control.ss([[0, 0], [1, 0]], [[1], [0]], [[0, 1]], 0, True))
    >>> net.recurrent[1, 0], net.feedforward
    (np.float64(1.0), array([1., 0.]))
    """
    with extra("control"):
        import control
    if not isinstance(system, control.StateSpace):
        raise InvalidNetworkError(f"system is a {type(system).__name__}; convert it first: control.ss(system)")
    if system.dt is None:
        raise InvalidNetworkError(
            "system has dt None, which may be discrete or continuous time; say which: control.ss(A, B, C, D, True) or 0"
        )
    kind = ContinuousNetwork if system.isctime(strict=True) else LinearNetwork
    inputs = {0: None, 1: system.B.ravel()}.get(system.ninputs, system.B)
    unnamed = all(re.fullmatch(r"x\[\d+\]", label) for label in system.state_labels)
    return kind(system.A, inputs, noise, name, () if unnamed else tuple(system.state_labels))
