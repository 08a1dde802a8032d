"""Memory of a state-space layer against a loop over its channels by the dense methods; a million modes.

`python -m benchmarks.state_space` prints seconds, and the ratio of both in the same run.
"""

import time

import numpy as np

import linmem as lm

CHANNELS, MODES, LAGS = 1000, 32, 1000  # 64 real numbers in the state of each channel
DENSE = 5  # channels that the dense methods take
STEPS = 3000  # along which a time-varying network has noise in its input: its covariance is singular
REPEATS = 5


def layer():
    """S4D-Lin with the steps of its paper, log-uniform between .001 and .1."""
    rng = np.random.default_rng(0)
    steps = np.exp(rng.uniform(np.log(0.001), np.log(0.1), CHANNELS))
    eigenvalues = np.exp(steps[:, None] * (-0.5 + 1j * np.pi * np.arange(MODES)))
    return lm.StateSpaceLayer(eigenvalues, np.ones((CHANNELS, MODES)), conjugates="implied")


def seconds(function, repeats=REPEATS):
    """The median of the seconds that a function takes."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def dense(net):
    """The same network as a dense matrix."""
    return lm.LinearNetwork(net.recurrent.toarray(), net.columns()[:, 0])


def along_steps(net):
    """The same network with noise in its input, along steps."""
    W, v = net.recurrent.toarray(), net.columns()[:, 0]
    A = np.broadcast_to(W, (STEPS, *W.shape))
    return lm.TimeVaryingNetwork(A, np.broadcast_to(v, (STEPS, len(v))), np.broadcast_to(np.outer(v, v), A.shape))


def main():
    whole = layer()
    for enters in ("state", "input"):
        lm.memory_of_layer(whole, 10, noise_enters=enters)  # compiles
        own = seconds(lambda enters=enters: lm.memory_of_layer(whole, LAGS, noise_enters=enters))
        print(f"noise in the {enters}: {CHANNELS} channels, {LAGS} lags: {own:.3f} s")
        if enters == "state":
            nets = [dense(whole.network(c, noise_enters="state")) for c in range(DENSE * REPEATS)]
            one = seconds(lambda nets=nets: lm.fisher_memory_curve(nets.pop(), LAGS), len(nets))
            print(
                f"  the dense curve of one channel: {one * 1e3:.2f} ms; a loop: {CHANNELS * one / own:.0f} times more"
            )
        else:
            net = along_steps(whole.network(0, noise_enters=enters))
            one = seconds(lambda net=net: lm.fisher_memory_curve(net, LAGS, rtol=1e-3), 1)
            print(f"  {STEPS} steps of one channel: {one:.2f} s; a loop: {CHANNELS * one / own:.0f} times more")
    rng = np.random.default_rng(0)
    eigenvalues = rng.uniform(0.9, 0.999, 10**6) * np.exp(1j * rng.uniform(0, np.pi, 10**6))
    for enters in ("state", "input"):
        net = lm.DiagonalNetwork(eigenvalues, np.ones(10**6), noise_enters=enters, conjugates="implied")
        taken = seconds(lambda net=net: lm.fisher_memory_curve(net, 100), 3)
        print(f"a million modes, noise in the {enters}, 100 lags: {taken:.2f} s")


if __name__ == "__main__":
    main()
