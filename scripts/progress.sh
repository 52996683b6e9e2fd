# Steps with progress, logs and a closing summary; sourced by the other scripts, which run at the repository's root.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
logs=.build/logs
mkdir -p "$logs"

if [[ -t 1 ]]; then terminal=1; else terminal=0; fi
columns=${COLUMNS:-$( (tput cols) 2>/dev/null || echo 80)}

say() { printf '%s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# duration SECONDS: 75 becomes 1 min 15 s.
duration() {
    if (($1 < 60)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# follow NAME: writes each line to the log; shows the last one in place on a terminal, or one every 30 s elsewhere.
follow() {
    local name=$1 line start=$SECONDS shown=$SECONDS
    while IFS= read -r line || [[ -n $line ]]; do
        printf '%s\n' "$line" >>"$log"
        if ((terminal)); then
            line="  $name: ${line//[[:cntrl:]]/}"
            printf '\r\033[K%s' "${line:0:columns-1}"
        elif ((SECONDS - shown >= 30)); then
            shown=$SECONDS
            printf '  … %s, %s: %s\n' "$name" "$(duration $((SECONDS - start)))" "${line:0:100}"
        fi
    done
    if ((terminal)); then printf '\r\033[K'; fi
}

# step NAME COMMAND…: runs the command with its output in a log; 0 if it succeeded. Sets `log` to the log's path.
step() {
    local name=$1 start=$SECONDS status=0
    shift
    log=$logs/${name//[^a-z0-9]/-}.log
    : >"$log"
    say "→ $name"
    "$@" 2>&1 </dev/null | follow "$name" || status=${PIPESTATUS[0]}
    if ((status == 0)); then
        say "  done in $(duration $((SECONDS - start)))"
    else
        say "  FAILED after $(duration $((SECONDS - start))), exit code $status; the whole output: $log"
    fi
    return "$status"
}

# tail_of LOG LINES: the end of a log, indented.
tail_of() { tail -n "$2" "$1" | sed 's/^/    /'; }
