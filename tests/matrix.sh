#!/usr/bin/env bash
# The two commands of the README on other kernels of OpenBLAS, other numbers of its threads, and other Pythons.
#
# OpenBLAS picks its kernels by the processor, and kernels round differently. OPENBLAS_CORETYPE makes it pick those of
# another processor, so that one machine can show what others would find. A processor cannot run kernels with
# instructions that it lacks: SkylakeX needs AVX-512, Haswell and Zen need AVX2.
#
# A cell of the matrix is one kernel, one number of threads, one Python and one command:
#
#   --core      Haswell, SkylakeX, Zen, Nehalem, or unset: what OpenBLAS picks by itself
#   --threads   1 or 2: OPENBLAS_NUM_THREADS
#   --python    3.11, 3.12 or 3.13: python3.11 and so on must be on PATH
#   --command   analysis (python -m analysis) or tests (python -m pytest)
#
# Every option takes one value and may be given several times; without it all of its values are run. All cells take many
# hours. One of them:
#
#   tests/matrix.sh --core Haswell --threads 1 --python 3.12 --command tests
#
# What follows -- is handed to the command, for example names of figures, or files of tests:
#
#   tests/matrix.sh --command analysis --python 3.11 -- where_doubles_fail
#
# Each Python has an environment of its own for each command, which is installed as the README says. Everything happens in
# a temporary folder with copies of this checkout, where figures are drawn too: the checkout stays as it is. The folder is
# removed if all cells passed; else it is kept, with a log of each cell. At the end there is a table. The exit code is 0 if
# all cells passed, 1 if one failed, 2 for an option that does not exist.
set -uo pipefail

cores=() threads=() pythons=() commands=()
while [ $# -gt 0 ]; do
    case "$1" in
        --core | --threads | --python | --command)
            [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; }
            ;;&
        --core) cores+=("$2"); shift 2 ;;
        --threads) threads+=("$2"); shift 2 ;;
        --python) pythons+=("$2"); shift 2 ;;
        --command)
            [[ $2 == analysis || $2 == tests ]] || { echo "there is no command '$2': analysis or tests" >&2; exit 2; }
            commands+=("$2"); shift 2 ;;
        --) shift; break ;;
        -h | --help) sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p}' "$0"; exit 0 ;;
        *) echo "there is no option '$1': --core, --threads, --python, --command, and -- before what the command takes" >&2
           exit 2 ;;
    esac
done
[ ${#cores[@]} -gt 0 ] || cores=(unset Haswell SkylakeX Zen Nehalem)
[ ${#threads[@]} -gt 0 ] || threads=(1 2)
[ ${#pythons[@]} -gt 0 ] || pythons=(3.11 3.12 3.13)
[ ${#commands[@]} -gt 0 ] || commands=(analysis tests)

checkout=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
table=() failed=0

copy() { # of the checkout, without what is made from it, to the folder named
    mkdir -p "$1"
    tar -C "$checkout" --exclude=./.git --exclude=./.venv --exclude=./build --exclude=./dist --exclude=./site \
        --exclude=__pycache__ --exclude='*.egg-info' --exclude='.*_cache' --exclude=.hypothesis -cf - . | tar -C "$1" -xf -
}

environment() { # for a Python and a command; its folder has the copy too from which it is installed
    local place=$work/$1-$2
    [ -e "$place/tried" ] && return
    mkdir -p "$place"
    touch "$place/tried"
    copy "$place/source"
    (
        cd "$place/source" || exit
        "python$1" -m venv "$place/venv" || exit
        if [ "$2" = tests ]; then "$place/venv/bin/pip" install -q -e '.[test]'; else "$place/venv/bin/pip" install -q .; fi
    ) > "$place/install.log" 2>&1 && touch "$place/ready"
}

cell() { # core, threads, Python, command, what the command takes: adds a line to the table
    local core=$1 count=$2 version=$3 command=$4 place=$work/$3-$4 began=$SECONDS
    local log=$work/$1-$2-$3-$4.log folder=$work/$1-$2-$3-$4 result=failed kernels=-
    shift 4
    environment "$version" "$command"
    if [ ! -e "$place/ready" ]; then
        cp "$place/install.log" "$log"
        result='not installed'
    else
        local run=("$place/venv/bin/python" -m analysis)
        [ "$command" = tests ] && run=("$place/venv/bin/python" -m pytest)
        local settings=(-u OPENBLAS_CORETYPE -u PYTHONPATH "OPENBLAS_NUM_THREADS=$count")
        [ "$core" = unset ] || settings+=("OPENBLAS_CORETYPE=$core")
        kernels=$(env "${settings[@]}" "$place/venv/bin/python" -c "
import numpy, threadpoolctl
print(*{one.get('architecture', '?') for one in threadpoolctl.threadpool_info() if one['user_api'] == 'blas'})" 2> /dev/null)
        copy "$folder"
        (cd "$folder" && env "${settings[@]}" "${run[@]}" "$@") > "$log" 2>&1 && result=passed
        rm -rf "$folder"
    fi
    [ "$result" = passed ] || failed=1
    table+=("$(printf '%-10s %-10s %7s %6s %-9s %-13s %6s s' \
        "$core" "${kernels:--}" "$count" "$version" "$command" "$result" $((SECONDS - began)))")
    echo "${table[-1]}" >&2
}

for version in "${pythons[@]}"; do
    for command in "${commands[@]}"; do
        for core in "${cores[@]}"; do
            for count in "${threads[@]}"; do
                cell "$core" "$count" "$version" "$command" "$@"
            done
        done
    done
done

echo
printf '%-10s %-10s %7s %6s %-9s %-13s %8s\n' core kernels threads python command result time
printf '%s\n' "${table[@]}"
if [ "$failed" = 0 ]; then
    rm -rf "$work"
else
    echo "logs are in $work"
fi
exit "$failed"
