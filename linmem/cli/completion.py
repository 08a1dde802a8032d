"""`linmem completion`: a script by which a shell completes commands, options, sources and claims.

Contents
--------
VARIABLE
    The variable of the environment in which a shell asks for completions.
BashWithWholeWords, ZshWithoutSpaces, FishWithCommas
    Completion by bash, zsh and fish, for words with colons, equals signs and commas.
completion
    The command.
"""

from __future__ import annotations

import os

import click
from click.shell_completion import (
    BashComplete,
    FishComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

VARIABLE = "_LINMEM_COMPLETE"
INSTALLATION = {
    "bash": 'eval "$(linmem completion bash)"    # in ~/.bashrc',
    "zsh": 'eval "$(linmem completion zsh)"    # in ~/.zshrc',
    "fish": "linmem completion fish > ~/.config/fish/completions/linmem.fish",
}

# Readline begins a new word after each colon and each equals sign, and replaces only that part. The script therefore
# removes what stands before it from every completion. If only files fit, readline completes them, as it knows folders.
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


class BashWithWholeWords(BashComplete):
    """Completion by bash in which a source with its arguments is one word, although it has colons and equals signs."""

    source_template = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The arguments before the cursor, and the word that is being typed."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        if line[-1:].isspace():
            words.append("")  # a new word has begun
        return words[1:-1], words[-1]


class ZshWithoutSpaces(ZshComplete):
    """Completion by zsh that adds no space after a colon or an equals sign, where the word goes on."""

    source_template = ZshComplete.source_template.replace(
        "        compadd -U -V unsorted -a completions\n",
        "        local -a unfinished=(${(M)completions:#*[:=]}) finished=(${completions:#*[:=]})\n"
        "        compadd -U -S '' -V unsorted -a unfinished\n"
        "        compadd -U -V unsorted -a finished\n",
    )


class FishWithCommas(FishComplete):
    """Completion by fish that keeps the commas of a source: click's own script cuts the word at the first one."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split --max 1 ","')


for completion_of_shell in (BashWithWholeWords, ZshWithoutSpaces, FishWithCommas):
    add_completion_class(completion_of_shell)


@click.command(epilog="\b\nTo install it:\n  " + "\n  ".join(INSTALLATION.values()))
@click.argument("shell", type=click.Choice(list(INSTALLATION)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete commands, options, builders and claims.

    Example: eval "$(linmem completion bash)"
    """
    completion_class = get_completion_class(shell)
    if completion_class is not None:  # click knows all shells of INSTALLATION
        group = context.find_root().command
        click.echo(completion_class(group, {}, "linmem", VARIABLE).source())
