"""`linmem completion`: the shell's own completion of commands, options, sources and claims."""

from __future__ import annotations

import os

import click
from click.shell_completion import BashComplete, add_completion_class, get_completion_class, split_arg_string

VARIABLE = "_LINMEM_COMPLETE"  # by which a shell asks
INSTALLED = {
    "bash": 'eval "$(linmem completion bash)"    # in ~/.bashrc',
    "zsh": 'eval "$(linmem completion zsh)"    # in ~/.zshrc',
    "fish": "linmem completion fish > ~/.config/fish/completions/linmem.fish",
}

# What is offered replaces only what follows the last colon or equals sign, where readline lets its own words begin.
# Where nothing fits but files they are left to readline, which knows folders.
BASH = """\
%(complete_func)s() {
    local line=${COMP_LINE:0:COMP_POINT} type value
    local word=${line##* }
    local before=${word%%"${word##*[:=]}"}
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            plain) COMPREPLY+=("${value#"$before"}"); [[ $value == *[:=] ]] && compopt -o nospace ;;
            dir) compopt -o dirnames ;;
            file) (( ${#COMPREPLY[@]} )) && mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$word") ;;
        esac
    done < <(env COMP_LINE="$line" %(complete_var)s=bash_complete "$1")
    (( ${#COMPREPLY[@]} )) || compopt -o default
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class WholeWords(BashComplete):
    """Bash, whose own words end at colons and equals signs; a source with its arguments is one word here."""

    source_template = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one that is being written."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line) + [""] * line[-1:].isspace()
        return words[1:-1], words[-1]


add_completion_class(WholeWords)


@click.command(epilog="\b\nInstall it:\n  " + "\n  ".join(INSTALLED.values()))
@click.argument("shell", type=click.Choice(list(INSTALLED)))
@click.pass_context
def completion(context, shell: str) -> None:
    """The script that makes SHELL complete commands, options, builders and claims.

    Example: eval "$(linmem completion bash)"
    """
    if found := get_completion_class(shell):
        click.echo(found(context.find_root().command, {}, "linmem", VARIABLE).source())
