"""The statements of the theory, each with its hypotheses, a check, a control that must fail, and a verdict.

Contents
--------
claim, conditions, evidence, families
    What a claim is, what it asks for, what speaks for it, and of which networks it is asked.
fisher_memory, normal_networks, chains, feedback_chains, decoding, continuous_time, nonnormality
    The claims, section by section, A to G.
"""
