"""The command line: each command parses, makes one call of the library, and prints.

Conventions
-----------
Results go to the standard output, errors as one line to the standard error. Exit code 0 for an answer, 1 where a claim
of the theory fails, 2 for a request that cannot be answered, 130 for an interrupt. Nothing heavy is imported until a
command needs it.

Contents
--------
commands, main
    The group, and its entry.
sources, inputs, output
    What the commands share: how SOURCE is read and completed, its input chosen, files and pictures written.
curve, memory, nonnormality, check, prove, train, sweep, report, figures, networks, completion
    A module a command.
"""

from __future__ import annotations

import sys
from difflib import get_close_matches

import click

from linmem import __version__
from linmem.cli.check import check
from linmem.cli.completion import VARIABLE, completion
from linmem.cli.curve import curve
from linmem.cli.figures import figures
from linmem.cli.memory import memory
from linmem.cli.networks import networks
from linmem.cli.nonnormality import nonnormality
from linmem.cli.prove import prove
from linmem.cli.report import report
from linmem.cli.sweep import sweep
from linmem.cli.train import train
from linmem.errors import LinmemError

IN_OPTIONS = {  # what the library calls its arguments -> how they are given here
    "pass rtol=": "pass --rtol ",
    " (the result is .result of the error)": "",
    "horizon=n": "--horizon n",
    "recurrent=...": "--recurrent NAME",
    "choose one: gate=": "choose one: --gate ",
    ", or scale it down: net.rescaled(radius=0.95)": "",
}


class Commands(click.Group):
    """A group that knows which command was meant."""

    def resolve_command(self, ctx, args):
        if args and args[0] not in self.commands:
            nearest = get_close_matches(args[0], self.commands, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"the commands are {', '.join(self.commands)}"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="linmem")
def commands() -> None:
    """Memory in noisy linear recurrent networks.

    SOURCE is a file (.npz, .csv, .pt, .mat, ...) or a builder with its arguments: chain:n=100,gain=1.02

    Example: linmem curve chain:n=100,gain=1.02
    """


for command in (curve, memory, nonnormality, check, prove, train, sweep, report, figures, networks, completion):
    commands.add_command(command)


def main(argv: list[str] | None = None) -> int:
    """Run the command line on `argv`, the program's own arguments where None, and return the exit code."""
    try:
        code = commands.main(args=argv, prog_name="linmem", complete_var=VARIABLE, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except click.ClickException as error:
        return _failed(error.format_message())
    except LinmemError as error:
        message = str(error)
        for argument, option in IN_OPTIONS.items():
            message = message.replace(argument, option)
        return _failed(message)
    except MemoryError as error:
        return _failed(f"not enough memory ({error}); take fewer units, or ,sparse=true where the builder has it")
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 0


def _failed(message: str) -> int:
    click.echo(f"linmem: {' '.join(message.split())}", err=True)
    return 2
