"""Networks to and from python-control.

Conventions
-----------
x[k+1] = A x[k] + B u[k] in discrete time, dx/dt = A x + B u in continuous time: A is W or the drift, B is V. In a
discrete `StateSpace` the input of one step enters the state of the next, so that its state k + 1 is h_k here, and its
impulse response at k + 1 is W^k V.

Contents
--------
to_python_control
    A network as a `control.StateSpace` whose outputs are all its units.
from_python_control
    A `control.StateSpace` as a network.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from linmem.errors import ArgumentError, InvalidNetworkError, errors_of_other_libraries
from linmem.exchange.extras import extra
from linmem.network import ContinuousNetwork, LinearNetwork, NetworkOrMatrix, as_network

if TYPE_CHECKING:
    from control import StateSpace


def to_python_control(network: NetworkOrMatrix) -> StateSpace:
    r"""A network as a `control.StateSpace` whose outputs are all units: C = I, D = 0; dt = True, or 0 for continuous.

    A `StateSpace` has no noise. The covariance Q, `network.covariance`, can be passed to a Kalman filter:
    `control.dlqe(system.A, I, system.C, Q, R)`. States and outputs have the labels of the units, if no two labels are
    equal; as python-control refuses dots in names, it gets "layer_0" for "layer.0". A network without feedforward
    weights has no inputs.

    Parameters
    ----------
    network
        A network in discrete or in continuous time, or a matrix; with real weights, not a stack.

    Raises
    ------
    InvalidNetworkError
        If `network` is a stack, has complex weights, with which python-control does not compute, or is one unit without
        an input, which it cannot hold.
    MissingLibraryError
        If python-control is not installed.

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
    names = [label.replace(".", "_") for label in network.labels]  # a dot joins a system and its signal there
    labels = names if len(set(names)) == network.size else None
    C = np.eye(network.size)
    D = np.zeros((network.size, B.shape[1]))
    dt = 0 if isinstance(network, ContinuousNetwork) else True
    message = f"{network!r} with {B.shape[1]} inputs is no system that python-control can hold; give it an input"
    with errors_of_other_libraries(InvalidNetworkError, message):
        # python-control would otherwise remove units without connections
        return control.StateSpace(A, B, C, D, dt, states=labels, outputs=labels, remove_useless_states=False)


def from_python_control(system: StateSpace, *, noise: Any = 1.0, name: str = "") -> LinearNetwork | ContinuousNetwork:
    r"""A `control.StateSpace` as a network: W or the drift is A, V is B; in continuous time if `system.dt` is 0.

    Outputs are not used: memory is that of the whole state. One column of B is one input, (N,); a system without inputs
    is a network without feedforward weights. States with names of their own keep them as labels.

    Parameters
    ----------
    system
        Its `dt` is 0 for continuous time, and True or the length of a step for discrete time; the length is not used.
    noise, name
        As for `LinearNetwork`: a `StateSpace` has no noise.

    Raises
    ------
    ArgumentError
        If `system` is of another kind, or its `dt` is None, which may be either.
    MissingLibraryError
        If python-control is not installed.

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
        raise ArgumentError(f"system is a {type(system).__name__}; convert it first: control.ss(system)")
    if system.dt is None:
        raise ArgumentError(
            "system has dt None, which may be discrete or continuous time; say which: control.ss(A, B, C, D, True) or 0"
        )
    kind = ContinuousNetwork if system.isctime(strict=True) else LinearNetwork
    V = None
    if system.ninputs > 0:
        V = system.B.ravel() if system.ninputs == 1 else system.B
    # python-control calls states x[0], x[1], ... if the user does not
    has_names = not all(re.fullmatch(r"x\[\d+\]", label) for label in system.state_labels)
    labels = tuple(system.state_labels) if has_names else ()
    return kind(system.A, V, noise, name, labels)
