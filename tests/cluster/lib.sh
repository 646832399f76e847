# Functions shared by up, down, ctl and load. Sourced, never run.
# A running cluster is a folder: bin → programs, run/NAME (its command line), pids/NAME, out/NAME.log, ports, *.kubeconfig.
# shellcheck shell=bash

say() { echo "cluster: $*" >&2; }

# Starts run/NAME in a session of its own, output to out/NAME.log, pid recorded.
start() { # DIR NAME
    setsid "$1/run/$2" >>"$1/out/$2.log" 2>&1 </dev/null &
    echo $! >"$1/pids/$2"
}

# The recorded pid, if the process under it is still the program that was started.
pid_of() { # DIR NAME
    local pid program
    pid=$(cat "$1/pids/$2" 2>/dev/null) || return 1
    program=$(readlink -f "$1/bin/$2") || return 1
    [ "$(readlink "/proc/$pid/exe" 2>/dev/null)" = "$program" ] || return 1
    echo "$pid"
}

gone() { [ ! -e "/proc/$1" ] || [ "$(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }

stop() { # DIR NAME
    local pid
    pid=$(pid_of "$1" "$2") || { rm -f "$1/pids/$2"; return 0; }
    kill -CONT "$pid" 2>/dev/null || true
    kill -TERM "$pid" 2>/dev/null || true
    for _ in {1..50}; do
        gone "$pid" && break
        sleep 0.1
    done
    gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
    rm -f "$1/pids/$2"
}

# Polls a command until it succeeds; shows the end of the log when it never does.
wait_for() { # DIR NAME SECONDS COMMAND…
    local dir=$1 name=$2 deadline=$((SECONDS + $3))
    shift 3
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $deadline ]; then
            say "error: $name is not ready; the end of $dir/out/$name.log:"
            tail -n 15 "$dir/out/$name.log" >&2 || true
            return 1
        fi
        sleep 0.1
    done
}
