"""`linmem completion`: the shell's own completion of commands, options, sources and claims."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

VARIABLE = "_LINMEM_COMPLETE"  # by which a shell asks
INSTALLED = {
    "bash": 'eval "$(linmem completion bash)"    # in ~/.bashrc',
    "zsh": 'eval "$(linmem completion zsh)"    # in ~/.zshrc',
    "fish": "linmem completion fish > ~/.config/fish/completions/linmem.fish",
}


@click.command(epilog="\b\nInstall it:\n  " + "\n  ".join(INSTALLED.values()))
@click.argument("shell", type=click.Choice(list(INSTALLED)))
@click.pass_context
def completion(context, shell: str) -> None:
    """The script that makes SHELL complete commands, options, builders and claims.

    Example: eval "$(linmem completion bash)"
    """
    if found := get_completion_class(shell):
        click.echo(found(context.find_root().command, {}, "linmem", VARIABLE).source())
