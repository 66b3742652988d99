# progress.sh - how the scripts of this folder say what they do; sourced by each of them
#
# Expects ROOT, the root of the tree. Gives BUILD, the build directory, CACHE, what is fetched and kept outside the tree,
# and the functions below.

BUILD=${ATTN_BUILD_DIR:-$ROOT/build}
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/attn
LLVM=/usr/lib/llvm-22
LOGS=$BUILD/logs
SCRIPT=$(basename "$0")

# say TEXT: one line of progress, with the seconds since the script began.
say() { printf '[%4d s] %s\n' "$SECONDS" "$*" >&2; }

# die TEXT: ends the script with a sentence that says what failed and what to do.
die() {
  printf '%s: %s\n' "$SCRIPT" "$*" >&2
  exit 1
}

# need_space FOLDER MEGABYTES WHAT: ends the script unless the disk that FOLDER will be on has so much room.
need_space() {
  local folder=$1 free
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  free=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$2" ] || die "$3 needs $2 MB in $folder, but $free MB are free; make room and run $SCRIPT again"
}

# logged NAME COMMAND…: runs a command with its output in a log; on failure shows the log's end and returns its status.
# On a terminal the output is shown as it comes too.
logged() {
  local name=$1 log=$LOGS/$1.log status=0
  shift
  mkdir -p "$LOGS"
  if [ -t 2 ]; then
    "$@" 2>&1 </dev/null | tee "$log" >&2
    status=${PIPESTATUS[0]}
  else
    "$@" >"$log" 2>&1 </dev/null || status=$?
    [ "$status" -eq 0 ] || tail -n 60 "$log" >&2
  fi
  [ "$status" -eq 0 ] || say "$name failed with status $status; all of its output: $log"
  return "$status"
}
