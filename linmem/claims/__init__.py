"""The statements of the theory, each with its hypotheses, a check, controls that must fail, and a verdict.

Contents
--------
claim
    A claim, its controls, and the verdict of a check.
conditions
    The hypotheses of claims.
evidence
    Two numbers that are compared, with their margin.
measures
    The measures as the claims take them, and second routes in ball arithmetic.
time_limit
    A limit of the time that a check may take.
families
    The networks on which claims are checked.
checking
    All claims, and their verdicts.
attack
    The search for networks that break an inequality.
page
    The page of claims, in Markdown.
fisher_memory, coordinates, limiting_cases
    Claims A: Fisher memory of every stable network.
normal_networks, spectral_laws
    Claims B: normal networks.
chains, amplification_bounds
    Claims C: chains, and how much transient amplification can hold.
feedback_chains
    Claims D: chains with feedback.
decoding, correlations, information, capacity
    Claims E: decoders, memory functions, capacity.
continuous_time, integrators
    Claims F: continuous time.
nonnormality, transient_growth
    Claims G: non-normality and transient growth.
along_paths, paths_in_closed_form
    Claims H: steps with weights of their own, and paths of cells.
diagonal_networks
    Claims I: diagonal networks, with noise in the state and in the input.
"""
