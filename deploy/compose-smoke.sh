#!/usr/bin/env bash
# Starts docker-compose.yml, breaks it in every way that a second day brings, and asserts that each part
# comes back by itself. Prints a table of seconds to recovery and takes everything down again.
#
#   deploy/compose-smoke.sh          needs Docker with Compose 2.17 or newer, curl, and the images
#   KEEP=1 deploy/compose-smoke.sh   leaves it running
#   ROWS='kill|down' …               only the rows that match
#
# START_SECONDS (600) bounds the start with all its pulls and builds, PATIENCE (60) each wait after it,
# RECOVERY (30) what may pass until requests are answered again. `kill -9` needs the engine's processes to
# be visible and the right to kill them; ENGINE_RESTART is the command that restarts the engine, such as
# 'sudo systemctl restart docker'. Without them those rows are skipped by name.
# Image names, ports and the network are variables of docker-compose.yml; a .env file is respected.
set -euo pipefail
cd "$(dirname "$0")/.."

export COMPOSE_PROJECT_NAME="${COMPOSE_PROJECT_NAME:-kong-meshd-smoke}"
patience="${PATIENCE:-60}"
recovery="${RECOVERY:-30}"
work="$(mktemp -d)"
answer="$work/answer"
# The containers' user reads it.
chmod 0755 "$work"
cp -R examples/compose "$work/config"
export CONFIG_DIR="$work/config"

gateway='' status='' watcher=''
rows=()
failed=0

step() { printf '\n== %s\n' "$*"; }

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  printf 'last answer: %s\n' "$(cat "$answer" 2>/dev/null)" >&2
  docker compose --profile later ps --all >&2 || true
  docker compose logs --tail 30 daemon plugin-server kong kong-sidecar setup >&2 || true
  exit 1
}

clean_up() {
  local code=$?
  if [[ -n "$watcher" ]]; then kill "$watcher" 2>/dev/null || true; fi
  if [[ "${KEEP:-}" == 1 ]]; then
    printf '\nleft running, with its configuration in %s; end it: docker compose -p %s --profile later down -v\n' \
      "$CONFIG_DIR" "$COMPOSE_PROJECT_NAME"
  else
    timeout 120 docker compose --profile later down --volumes --timeout 15 >/dev/null 2>&1 || true
    rm -rf "$work"
  fi
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Asks for a path until the answer has the status and holds all of the texts:
# until_answer 60 /orders 200 orders
until_answer() {
  local seconds="$1" path="$2" wanted="$3" end=$((SECONDS + $1)) code='' text missing
  shift 3
  while ((SECONDS < end)); do
    code="$(curl --silent --max-time 5 --include --output "$answer" --write-out '%{http_code}' \
      "$gateway$path" || true)"
    missing=''
    for text in "$@"; do
      grep --quiet --ignore-case --fixed-strings -- "$text" "$answer" || missing="$text"
    done
    if [[ "$code" == "$wanted" && -z "$missing" ]]; then
      printf 'ok   %s %s %s\n' "$path" "$code" "$*"
      return
    fi
    sleep 0.5
  done
  fail "$path did not answer $wanted with '$*' within ${seconds} s (last: $code)"
}

# The whole of it, once: both kinds of links through the mesh, and what is outside of it.
all_answer() {
  local service
  for service in orders payments; do
    curl --silent --fail --max-time 3 "$gateway/$service" >"$work/row" || return 1
    grep --quiet "\"service\":\"$service\".*URI=spiffe://default/kong" "$work/row" || return 1
  done
  curl --silent --fail --max-time 3 "$gateway/crm" | grep --quiet '"service":"crm"' || return 1
}

# Asks all the time. A good answer from another service, or without the gateway's certificate, is wrong.
watch_answers() {
  local service body
  while :; do
    for service in orders payments; do
      body="$(curl --silent --fail --max-time 3 "$gateway/$service" || true)"
      if [[ -n "$body" ]]; then
        [[ "$body" == *"\"service\":\"$service\""*'URI=spiffe://default/kong'* ]] ||
          printf '%s: %s\n' "$service" "$body" >>"$work/wrong"
      fi
    done
    sleep 0.2
  done
}

# From here on it is up to the stack to come back.
now_recover() { from="$(date +%s.%N)"; }

# row NAME COMMAND...: breaks something, then measures until three rounds in a row are answered: from the
# start of the command, or from where it calls now_recover.
row() {
  local name="$1" from good=0 end seconds
  shift
  [[ "$name" =~ ${ROWS:-.} ]] || return 0
  step "$name"
  now_recover
  "$@" || fail "could not: $name"
  end=$((SECONDS + 4 * recovery))
  while ((good < 3 && SECONDS < end)); do
    if all_answer; then good=$((good + 1)); else good=0; fi
    ((good > 0)) || sleep 0.3
  done
  seconds="$(awk -v from="$from" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f", to - from }')"
  if ((good < 3)); then
    rows+=("$name|never"); failed=1
    docker compose ps --all >&2 || true
    docker compose logs --tail 15 daemon kong kong-sidecar control-plane setup >&2 || true
    timeout 180 docker compose up --detach --force-recreate --wait >/dev/null 2>&1 || fail "nothing brings it back after: $name"
    return
  fi
  if awk -v s="$seconds" -v bound="$recovery" 'BEGIN { exit !(s > bound) }'; then failed=1; fi
  rows+=("$name|$seconds")
  printf 'ok   %s s\n' "$seconds"
}

skip() {
  [[ "$1" =~ ${ROWS:-.} ]] || return 0
  rows+=("$1|skipped: $2")
}

kill_nine() {
  local pid
  pid="$(docker inspect --format '{{.State.Pid}}' "$(docker compose ps --quiet "$1")")"
  kill -9 "$pid"
}

may_kill() {
  local pid
  pid="$(docker inspect --format '{{.State.Pid}}' "$(docker compose ps --quiet kong)")"
  kill -0 "$pid" 2>/dev/null
}

restart_engine() {
  $ENGINE_RESTART
  now_recover
  local end=$((SECONDS + 60))
  until docker info >/dev/null 2>&1; do ((SECONDS < end)) || return 1; sleep 0.2; done
}

stop_and_start() {
  timeout 120 docker compose stop
  now_recover
  timeout 120 docker compose start
}

down_and_up() {
  timeout 120 docker compose down --timeout 15
  now_recover
  timeout 180 docker compose up --detach
}

edit_by_rename() {
  { cat "$CONFIG_DIR/kong.yml"; printf '%s\n' '  - name: renamed' '    host: crm.internal' '    port: 8090' \
    '    routes: [{ name: renamed, paths: [/renamed] }]'; } >"$CONFIG_DIR/.kong.yml.new"
  mv "$CONFIG_DIR/.kong.yml.new" "$CONFIG_DIR/kong.yml"
  until_answer "$recovery" /renamed 200 '"service":"crm"'
}

# Asks until nothing is wrong: just after a start one look may come too early.
doctor_is_content() {
  local end=$((SECONDS + patience))
  until docker compose exec -T daemon kong-meshd doctor >"$answer" 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 1
  done
}

# What must not be restarted, with its start times.
starts() {
  local service
  for service in kong kong-sidecar plugin-server daemon; do
    docker inspect --format '{{.Name}} {{.State.StartedAt}} {{.RestartCount}}' \
      "$(docker compose ps --quiet "$service")"
  done
}

find_ports() {
  gateway="http://$(docker compose port kong 8000)"
  status="http://$(docker compose port daemon 9650)"
}

step 'everything starts and becomes healthy'
timeout "${START_SECONDS:-600}" docker compose up --detach ${BUILD---build} --wait ||
  fail 'docker compose up --wait did not end healthy'
find_ports

step "requests reach their backend under the gateway's identity"
until_answer "$patience" /orders 200 '"service":"orders"' 'URI=spiffe://default/kong'
until_answer "$patience" /payments 200 '"service":"payments"' 'URI=spiffe://default/kong'
until_answer "$patience" /crm 200 '"service":"crm"'
if grep --quiet spiffe "$answer"; then fail 'crm is outside of the mesh, but was called through it'; fi

step 'the daemon says that it is ready'
curl --silent --fail --max-time 5 "$status/readyz" || fail 'the daemon is not ready'
curl --silent --fail --max-time 5 "$status/metrics" >"$answer" || fail 'the daemon has no metrics'
grep --quiet '^kong_meshd_ready 1' "$answer" || fail 'the metrics do not say that it is ready'

step 'doctor finds nothing wrong'
doctor_is_content || fail 'doctor found an error on a good stack'

step 'nobody writes to the control plane without a token'
code="$(curl --silent --output "$answer" --write-out '%{http_code}' --max-time 5 --request PUT \
  --header 'content-type: application/json' --data '{"type":"Mesh","name":"foreign"}' \
  "http://$(docker compose port control-plane-view 5681)/meshes/foreign")"
[[ "$code" == 405 ]] || fail "an anonymous PUT was answered with $code"

step 'a new backend appears without a restart'
until_answer "$patience" /public-news 404
before="$(starts)"
timeout 180 docker compose --profile later up --detach --wait public-news public-news-sidecar ||
  fail 'the new backend did not start'
until_answer "$patience" /public-news 200 '"service":"public-news"' 'URI=spiffe://default/kong'
[[ "$(starts)" == "$before" ]] || fail 'something was restarted'

step 'a stopped one answers 503 with the reason'
timeout 60 docker compose stop orders-sidecar || fail 'the sidecar did not stop'
timeout 60 docker compose stop orders || fail 'the backend did not stop'
until_answer $((patience * 2)) /orders 503 'X-Mesh-Upstream: unknown-service' '"service":"orders"'
until_answer "$patience" /payments 200 '"service":"payments"' 'URI=spiffe://default/kong'

step 'and comes back'
timeout 180 docker compose up --detach --wait orders orders-sidecar || fail 'orders did not start again'
until_answer "$patience" /orders 200 '"service":"orders"' 'URI=spiffe://default/kong'
until_answer "$patience" /payments 200 '"service":"payments"' 'URI=spiffe://default/kong'

watch_answers &
watcher=$!
services=(kong kong-sidecar plugin-server daemon control-plane control-plane-view setup orders orders-sidecar
  payments payments-sidecar crm traffic-check)

for service in "${services[@]}"; do
  row "restart $service" timeout 60 docker compose restart --no-deps "$service"
done
row 'restart of all' timeout 180 docker compose restart
for service in "${services[@]}"; do
  if may_kill; then row "kill -9 $service" kill_nine "$service"; else skip "kill -9 $service" 'not permitted'; fi
done
row 'new control plane' timeout 120 docker compose up --detach --force-recreate --no-deps control-plane
row 'stop, start' stop_and_start
if [[ -n "${ENGINE_RESTART:-}" ]]; then
  row 'engine restart' restart_engine
else
  skip 'engine restart' 'ENGINE_RESTART is not set'
fi
row 'down, up' down_and_up
row 'kong.yml replaced by rename' edit_by_rename

step 'all containers are healthy, and doctor finds nothing wrong'
timeout 120 docker compose up --detach --wait >/dev/null 2>&1 || fail 'not healthy at the end'
doctor_is_content || fail 'doctor found an error'

wrong=0
if [[ -f "$work/wrong" ]]; then wrong="$(wc -l <"$work/wrong")"; cat "$work/wrong" >&2; fi
printf '\n%-32s %s\n' 'what happened' 'seconds to recovery'
for entry in "${rows[@]}"; do printf '%-32s %s\n' "${entry%%|*}" "${entry#*|}"; done
printf 'to a wrong service, or past the mesh: %s\n' "$wrong"
((failed == 0 && wrong == 0)) || { printf '\nFAILED: over %s s, or wrong\n' "$recovery" >&2; exit 1; }
printf '\nall well\n'
