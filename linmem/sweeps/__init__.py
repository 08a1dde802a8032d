"""Measures of many networks, on one machine or a cluster; an interrupted sweep is continued where it ended.

Contents
--------
families
    Networks by their parameters, or by their files.
records
    What has been measured, on disk: the store of a sweep.
execution
    Where the work is done: in this process, in others on the same machine, or on a Dask cluster.
sweeping
    `sweep`, and `plan`, which estimates what a sweep costs.
"""
