"""Measures of many networks: on one machine or a cluster, resumable at any moment.

Contents
--------
families
    Networks by their parameters, or by their files.
records
    What has been measured, on disk.
execution
    Who does the work: this process, others beside it, a Dask cluster.
sweeping
    `sweep`, and what it will cost.
"""
