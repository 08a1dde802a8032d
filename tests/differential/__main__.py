"""Many cases from the command line: python -m tests.differential --cases 20000 --seed 0 --log FILE.

A case is one function on one network. Seeds count up; a log that exists is continued after the last seed in it. At the
end a table by function: cases, refused, open, wrong, foreign, the worst error over the promised one, seconds.
"""

import argparse
import collections
import json
from pathlib import Path

from tests.differential.running import FOREIGN, OPEN, REFUSED, SLOW, WRONG, line, of_seed

SHARE = 0.3  # of the functions, on each network


def logged(path):
    """The lines of a log, without one that was cut."""
    if not path.exists():
        return []
    rows = []
    for text in path.read_text().splitlines():
        try:
            rows.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return rows


def table(rows):
    """By function: cases and how they ended."""
    by_function = collections.defaultdict(list)
    for row in rows:
        by_function[row["function"]].append(row)
    yield f"{'function':48s}  cases  refused  slow  open  WRONG  FOREIGN    worst  seconds"
    for function in [*sorted(by_function), "all"]:
        of_it = by_function.get(function, rows)
        counts = collections.Counter(row["outcome"] for row in of_it)
        worst = max((row["ratio"] for row in of_it if row["outcome"] not in (WRONG, OPEN)), default=0)
        seconds = sum(row["seconds"] for row in of_it)
        yield (
            f"{function:48s}{len(of_it):7d}{counts[REFUSED]:9d}{counts[SLOW]:6d}{counts[OPEN]:6d}{counts[WRONG]:7d}{counts[FOREIGN]:9d}"
            f"{worst:9.2g}{seconds:9.1f}"
        )


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, help="functions on networks, in all")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--log", type=Path, default=Path("differential.jsonl"))
    parser.add_argument("--only", nargs="*", help="names of functions; all where none is given")
    parser.add_argument("--share", type=float, default=SHARE, help="of the functions, on each network")
    options = parser.parse_args()
    rows = logged(options.log)
    options.log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    seed = max((row["seed"] + 1 for row in rows), default=options.seed)
    while len(rows) < options.cases:
        case, outcomes = of_seed(seed, options.share, options.only)
        lines = [line(seed, case, outcome) for outcome in outcomes]
        with options.log.open("a") as log:
            log.writelines(text + "\n" for text in lines)
        rows += map(json.loads, lines)
        seed += 1
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
