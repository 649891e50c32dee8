#!/usr/bin/env bash
# Starts docker-compose.yml and asserts what it promises, then takes it down again.
#
#   deploy/compose-smoke.sh          needs Docker with Compose 2.17 or newer, curl, and the images
#   KEEP=1 deploy/compose-smoke.sh   leaves it running
#
# START_SECONDS (600) bounds the start with all its pulls and builds, PATIENCE (60) each wait after it.
# Image names, ports and the network are variables of docker-compose.yml.
set -euo pipefail
cd "$(dirname "$0")/.."

export COMPOSE_PROJECT_NAME="${COMPOSE_PROJECT_NAME:-kong-meshd-smoke}"
gateway="http://127.0.0.1:${PROXY_PORT:-8000}"
status="http://127.0.0.1:${STATUS_PORT:-9650}"
patience="${PATIENCE:-60}"
answer="$(mktemp)"

step() { printf '\n== %s\n' "$*"; }

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  printf 'last answer: %s\n' "$(cat "$answer")" >&2
  docker compose --profile later ps --all >&2 || true
  docker compose logs --tail 30 daemon plugin-server kong kong-sidecar setup >&2 || true
  exit 1
}

clean_up() {
  local code=$?
  rm -f "$answer"
  if [[ "${KEEP:-}" == 1 ]]; then
    printf '\nleft running; end it: docker compose -p %s --profile later down -v\n' \
      "$COMPOSE_PROJECT_NAME"
  else
    timeout 120 docker compose --profile later down --volumes --timeout 15 >/dev/null 2>&1 || true
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

# What must not be restarted, with its start times.
starts() {
  local service
  for service in kong kong-sidecar plugin-server daemon; do
    docker inspect --format '{{.Name}} {{.State.StartedAt}} {{.RestartCount}}' \
      "$(docker compose ps --quiet "$service")"
  done
}

step 'everything starts and becomes healthy'
timeout "${START_SECONDS:-600}" docker compose up --detach --build --wait ||
  fail 'docker compose up --wait did not end healthy'

step "requests reach their backend under the gateway's identity"
until_answer "$patience" /orders 200 '"service":"orders"' 'URI=spiffe://default/kong'
until_answer "$patience" /payments 200 '"service":"payments"' 'URI=spiffe://default/kong'
until_answer "$patience" /crm 200 '"service":"crm"'
if grep --quiet spiffe "$answer"; then fail 'crm is outside of the mesh, but was called through it'; fi

step 'the daemon says that it is ready'
curl --silent --fail --max-time 5 "$status/readyz" || fail 'the daemon is not ready'
curl --silent --fail --max-time 5 "$status/metrics" >"$answer" || fail 'the daemon has no metrics'
grep --quiet '^kong_meshd_ready 1' "$answer" || fail 'the metrics do not say that it is ready'

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

printf '\nall well\n'
