#!/usr/bin/env bash
# The two commands of the README on other kernels of OpenBLAS, other numbers of its threads, other Pythons, and other
# versions of numpy, scipy and numba.
#
# OpenBLAS picks its kernels by the processor, and kernels round differently. OPENBLAS_CORETYPE makes it pick those of
# another processor, so that one machine can show what others would find. A processor cannot run kernels with
# instructions that it lacks: SkylakeX needs AVX-512, Haswell and Zen need AVX2. Such cells are marked "no kernel" and
# are no failure: the process ends by an illegal instruction in OpenBLAS before linmem is imported.
#
# A cell of the matrix is one kernel, one number of threads, one Python, one set of libraries and one command:
#
#   --core       Haswell, SkylakeX, Zen, Nehalem, or unset: what OpenBLAS picks by itself
#   --threads    1, 2 or 4: OPENBLAS_NUM_THREADS
#   --python     3.11, 3.12 or 3.13: python3.11 and so on must be on PATH
#   --libraries  newest: what pip installs by itself; oldest: the lowest version of each requirement in setup.cfg. Where
#                these have no wheel for a Python, its cells are marked "no wheel" and are no failure.
#   --command    analysis (python -m analysis) or tests (python -m pytest)
#
# Every option takes one value and may be given several times; without it all of its values are run. All cells take many
# hours. One of them:
#
#   tests/matrix.sh --core Haswell --threads 1 --python 3.12 --libraries newest --command tests
#
# With --short each cell imports linmem, draws two figures, and runs a thousand tests, those that depend on rounding first.
#
# What follows -- is handed to the command, for example names of figures, or files of tests:
#
#   tests/matrix.sh --command analysis --python 3.11 -- where_doubles_fail
#
# Each Python and set of libraries has an environment of its own for each command, which is installed as the README says.
# Everything happens in a temporary folder with copies of this checkout, where figures are drawn too: the checkout stays
# as it is. The folder is removed if all cells passed; else it is kept, with a log of each cell. At the end there is a
# table. The exit code is 0 if no cell failed, 1 if one did, 2 for an option that does not exist.
set -uo pipefail

SHORT_TESTS=(tests/gramian/test_quantities.py tests/gramian/test_entry_errors.py tests/gramian/test_delay_lines.py
    tests/linalg/test_expm.py tests/linalg/test_structure.py tests/memory/test_fisher_identities.py
    tests/memory/test_stacks.py tests/nonnormality/test_errors_of_departure.py tests/nonnormality/test_schur.py)
SHORT_FIGURES=(delay_lines feedforward_integrator)

cores=() threads=() pythons=() libraries=() commands=() short=no
while [ $# -gt 0 ]; do
    case "$1" in
        --core | --threads | --python | --libraries | --command)
            [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; }
            ;;&
        --core) cores+=("$2"); shift 2 ;;
        --threads) threads+=("$2"); shift 2 ;;
        --python) pythons+=("$2"); shift 2 ;;
        --libraries)
            [[ $2 == oldest || $2 == newest ]] || { echo "there are no libraries '$2': oldest or newest" >&2; exit 2; }
            libraries+=("$2"); shift 2 ;;
        --command)
            [[ $2 == analysis || $2 == tests ]] || { echo "there is no command '$2': analysis or tests" >&2; exit 2; }
            commands+=("$2"); shift 2 ;;
        --short) short=yes; shift ;;
        --) shift; break ;;
        -h | --help) sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p}' "$0"; exit 0 ;;
        *) echo "there is no option '$1': --core, --threads, --python, --libraries, --command, --short, and -- before" \
               "what the command takes" >&2
           exit 2 ;;
    esac
done
[ ${#cores[@]} -gt 0 ] || cores=(unset Haswell SkylakeX Zen Nehalem)
[ ${#threads[@]} -gt 0 ] || threads=(1 2 4)
[ ${#pythons[@]} -gt 0 ] || pythons=(3.11 3.12 3.13)
[ ${#libraries[@]} -gt 0 ] || libraries=(newest oldest)
[ ${#commands[@]} -gt 0 ] || commands=(analysis tests)

checkout=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
table=() failed=0

copy() { # of the checkout, without what is made from it, to the folder named
    mkdir -p "$1"
    tar -C "$checkout" --exclude=./.git --exclude=./.venv --exclude=./build --exclude=./dist --exclude=./site \
        --exclude=__pycache__ --exclude='*.egg-info' --exclude='.*_cache' --exclude=.hypothesis -cf - . | tar -C "$1" -xf -
}

lowest() { # the requirements of setup.cfg at their lowest versions, one a line
    sed -n '/^install_requires/,/^$/s/^ \{4\}\([a-z-]*\)>=\([0-9.]*\)$/\1==\2/p' "$checkout/setup.cfg"
}

environment() { # for a Python, libraries and a command; its folder has the copy too from which it is installed
    local place=$work/$1-$2-$3 constraints=() what=.
    [ -e "$place/tried" ] && return
    mkdir -p "$place"
    touch "$place/tried"
    copy "$place/source"
    lowest > "$place/lowest.txt"
    # what has no wheel would be built from its source, which is not what setup.cfg promises
    [ "$2" = newest ] || constraints=(-c "$place/lowest.txt" --only-binary "$(sed 's/==.*//' "$place/lowest.txt" | paste -sd,)")
    [ "$3" = analysis ] || what='.[test]'
    (
        cd "$place/source" || exit
        "python$1" -m venv "$place/venv" || exit
        if [ "$3" = tests ]; then set -- -e "$what"; else set -- "$what"; fi
        "$place/venv/bin/pip" install -q "${constraints[@]}" "$@"
    ) > "$place/install.log" 2>&1 && touch "$place/ready"
}

run_cell() { # place, log, settings for env, --, command, what the command takes; prints the result
    local place=$1 log=$2 folder=$1/copy settings=() command code
    shift 2
    while [ "$1" != -- ]; do settings+=("$1"); shift; done
    command=$2
    shift 2
    env "${settings[@]}" "$place/venv/bin/python" -c 'import numpy, scipy.linalg
numpy.ones((300, 300)) @ numpy.ones((300, 300)); scipy.linalg.qr(numpy.eye(300))' > "$log" 2>&1
    code=$?
    if [ "$code" = 132 ]; then # 128 + SIGILL
        echo 'no kernel'
        return
    fi
    copy "$folder"
    if [ "$command" = tests ]; then
        [ "$short" = no ] || set -- "${SHORT_TESTS[@]}" "$@"
        (cd "$folder" && env "${settings[@]}" "$place/venv/bin/python" -m pytest "$@") > "$log" 2>&1
    else
        [ "$short" = no ] || set -- "${SHORT_FIGURES[@]}" "$@"
        (cd "$folder" && env "${settings[@]}" "$place/venv/bin/python" -m analysis "$@") > "$log" 2>&1
    fi
    code=$?
    rm -rf "$folder"
    if [ "$code" = 0 ]; then echo passed; else echo failed; fi
}

cell() { # core, threads, Python, libraries, command, what the command takes: adds a line to the table
    local core=$1 count=$2 version=$3 set=$4 command=$5 place=$work/$3-$4-$5 log=$work/$1-$2-$3-$4-$5.log
    local began=$SECONDS result='not installed' kernels=-
    shift 5
    environment "$version" "$set" "$command"
    if [ -e "$place/ready" ]; then
        local settings=(-u OPENBLAS_CORETYPE -u PYTHONPATH "OPENBLAS_NUM_THREADS=$count" "NUMBA_CACHE_DIR=$place/numba")
        [ "$core" = unset ] || settings+=("OPENBLAS_CORETYPE=$core")
        kernels=$(env "${settings[@]}" "$place/venv/bin/python" -c "
import numpy, threadpoolctl
print(*{one.get('architecture', '?') for one in threadpoolctl.threadpool_info() if one['user_api'] == 'blas'})" 2> /dev/null)
        result=$(run_cell "$place" "$log" "${settings[@]}" -- "$command" "$@")
    else
        cp "$place/install.log" "$log"
        ! grep -q 'No matching distribution' "$log" || result='no wheel'
    fi
    case "$result" in passed | 'no kernel' | 'no wheel') ;; *) failed=1 ;; esac
    table+=("$(printf '%-10s %-10s %7s %6s %-9s %-9s %-13s %6s s' \
        "$core" "${kernels:--}" "$count" "$version" "$set" "$command" "$result" $((SECONDS - began)))")
    echo "${table[-1]}" >&2
}

for version in "${pythons[@]}"; do
    for set in "${libraries[@]}"; do
        for command in "${commands[@]}"; do
            for core in "${cores[@]}"; do
                for count in "${threads[@]}"; do
                    cell "$core" "$count" "$version" "$set" "$command" "$@"
                done
            done
        done
    done
done

echo
printf '%-10s %-10s %7s %6s %-9s %-9s %-13s %8s\n' core kernels threads python libraries command result time
printf '%s\n' "${table[@]}"
case "${table[*]}" in *'no kernel'*)
    echo 'no kernel: this processor lacks instructions of these kernels; OpenBLAS ends with an illegal instruction.' ;;
esac
case "${table[*]}" in *'no wheel'*)
    echo 'no wheel: the lowest versions in setup.cfg have no wheels for this Python.' ;;
esac
if [ "$failed" = 0 ]; then
    rm -rf "$work"
else
    echo "logs are in $work"
fi
exit "$failed"
