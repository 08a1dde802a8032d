"""The command line: each command reads its arguments, calls one function of the library, and prints the answer.

Conventions
-----------
Answers go to the standard output. An error is one line on the standard error, and so is a warning. Exit code 0: there
is an answer; 1: a claim of the theory fails; 2: the request cannot be answered, or the answer not be written; 130:
interrupted; 141: the program that reads the output has ended. A library such as numpy is imported inside the command
that needs it, so that help and completion take no time.

Contents
--------
commands, main
    The group of all commands, and the function that runs it.
sources
    SOURCE, the argument that names a network: how it is read, and how a shell completes it.
inputs, origin
    The options about input, noise and horizon of a network; where the network of a command comes from.
answers
    What the commands `curve` and `memory` print and write in common.
streams
    The standard streams, which may be closed or full.
output
    Files, pictures and JSON, and the progress shown on a terminal.
curve, memory, nonnormality, check, prove, train, sweep, measures, report, explore, run, layer, networks, completion
    One command in each module.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import click
from click.shell_completion import shell_complete

from linmem import __version__
from linmem.cli.check import check
from linmem.cli.completion import VARIABLE, completion
from linmem.cli.curve import curve
from linmem.cli.explore import explore
from linmem.cli.layer import layer
from linmem.cli.measures import measures
from linmem.cli.memory import memory
from linmem.cli.networks import networks
from linmem.cli.nonnormality import nonnormality
from linmem.cli.prove import prove
from linmem.cli.report import report
from linmem.cli.run import run
from linmem.cli.streams import (
    compilation_on_terminal,
    give_up_unwritable_streams,
    open_closed_streams,
    warnings_on_stderr,
)
from linmem.cli.sweep import sweep
from linmem.cli.train import train
from linmem.errors import LinmemError

# exit codes; the last two are 128 and the number of a signal
UNANSWERED = 2
INTERRUPTED = 130
OUTPUT_ENDED = 141

# Messages of the library name its arguments; on the command line the same things are options.
OPTIONS_FOR_ARGUMENTS = {
    "pass rtol=": "pass --rtol ",
    " (the result is .result of the error)": "",
    "horizon=n": "--horizon n",
    "choose one by name, array=...": "choose one by name, --array NAME",
    "choose one: layer=": "choose one: --layer ",
    " to layer=": " to --layer ",
    "pass nonlinearity=...": "pass --nonlinearity NAME",
    "choose one, layer=": "choose one, --layer ",
    "pass readout_noise > 0": "pass --readout-noise 1",
    "pass reset=...": "pass --reset after or --reset before",
    'pass convention="column" or convention="row"': "pass --convention column or --convention row",
    "hidden and cell are 0;": "noise and noise-cell are 0;",
    "take where='after', or a variance of the whole state": "pass --noise-where after",
    "recurrent=...": "--recurrent NAME",
    "choose one: gate=": "choose one: --gate ",
    "pass convention=...": "pass --convention",
    'pass dtype="': 'pass --dtype "',
    'gates=("reset", "update", "new")': "--gates reset,update,new",
    "choose one: subject=": "choose one: --subject ",
    "or input=": "or --input ",
    ", or scale it down: net.rescaled(radius=0.95)": "",
}


SECTIONS = {
    "One network": {
        "curve": "Fisher memory curve J(k), and its total",
        "memory": "memory function, memory capacity, mutual information",
        "nonnormality": "distance from normal, Kreiss constant, transient growth",
        "report": "one page with all of this, as .html or .pdf",
        "explore": "the same page, computed while you read it",
    },
    "One cell with its inputs, one layer": {
        "run": "memory along the path of an RNN, GRU or LSTM as it runs",
        "layer": "memory of every channel of a state-space layer",
    },
    "The theory": {
        "check": "test the claims of the theory, also on one network",
        "prove": "print the proof of a claim, step by step",
    },
    "Many networks": {
        "sweep": "compute measures of a family or a folder of networks",
        "measures": "list the measures that can be swept",
        "train": "train recurrent networks on memory tasks",
    },
    "Help": {
        "networks": "list the builders of networks",
        "completion": "print the script by which a shell completes commands",
    },
}


class CommandsInSections(click.Group):
    """A group that lists its commands in sections, and answers an unknown command with the nearest one."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, lines in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<12}", line) for name, line in lines.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            from linmem.validation import near_miss

            hint = near_miss(args[0], self.commands) or f"; the commands are {', '.join(self.commands)}"
            raise click.UsageError(f"there is no command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=CommandsInSections,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\n"
    "Exit codes:\n"
    "  0    there is an answer\n"
    "  1    a claim of the theory fails, or a step of a proof\n"
    "  2    the request cannot be answered; one line on the standard error says why\n"
    "  130  interrupted; files that were written are whole\n"
    "  141  the program that reads the output has ended",
)
@click.version_option(__version__, prog_name="linmem")
def commands() -> None:
    """Memory in noisy linear recurrent networks, h_t = W h_{t-1} + V s_t + z_t.

    Most commands take a SOURCE, which names a network. It is one of:

    \b
      weights.npz                   a file: .npy, .npz, .csv, .mat, .mtx, .pt,
                                    .safetensors, .h5, .keras, .onnx, .graphml,
                                    ...
      chain:n=100,gain=1.02         a builder and its arguments; the command
                                    "linmem networks" lists the builders

    Example: linmem curve chain:n=100,gain=1.02

    "linmem COMMAND --help" describes one command. With --json a command prints every number with all its digits.
    """


FIRST = curve, memory, nonnormality, report, explore, run, layer
THEN = check, prove, sweep, measures, train, networks, completion
for command in (*FIRST, *THEN):
    commands.add_command(command)


def main(argv: list[str] | None = None) -> int:
    """Run the command line on `argv`, or on the arguments of the program where None, and return the exit code."""
    open_closed_streams()
    try:
        with warnings_on_stderr(), compilation_on_terminal():
            exit_code = _run(sys.argv[1:] if argv is None else argv)
            sys.stdout.flush()
        return exit_code
    except (click.Abort, KeyboardInterrupt):
        return _print_error("interrupted", INTERRUPTED)
    except click.ClickException as error:
        return _print_error(error.format_message())
    except LinmemError as error:
        message = str(error)
        for argument, option in OPTIONS_FOR_ARGUMENTS.items():
            message = message.replace(argument, option)
        return _print_error(message)
    except MemoryError as error:
        return _print_error(f"not enough memory ({error}); take fewer units, or add ,sparse=true if the builder has it")
    except BrokenPipeError:
        return OUTPUT_ENDED
    except OSError as error:  # files have errors of the package: what is left is the output
        return _print_error(f"{error.filename or 'the output'} cannot be written: {error.strerror or error}")
    finally:
        give_up_unwritable_streams()


def _run(argv: list[str]) -> int:
    """The exit code of the command. click's own way to run it would turn some errors into codes of its own."""
    instruction = os.environ.get(VARIABLE)
    if instruction:
        return shell_complete(commands, {}, "linmem", VARIABLE, instruction)
    try:
        with commands.make_context("linmem", argv or ["--help"], obj=list(argv)) as context:
            commands.invoke(context)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    return 0


def _print_error(message: str, exit_code: int = UNANSWERED) -> int:
    """Print the message on one line, if it can be printed, and return the exit code."""
    one_line = " ".join(message.split())
    with suppress(OSError):
        click.echo(f"linmem: {one_line}", err=True)
    return exit_code
