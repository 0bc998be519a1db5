#!/usr/bin/env bash
# Runs the README's first minute: starts the ledger as told, records with its curl command, reads the step back.
set -euo pipefail
cd "$(dirname "$0")/.."
home=$(mktemp -d)
# In a process group of its own, so that npm, its shell and the server end together.
HOME=$home setsid npm start >"$home/out" 2>&1 &
server=$!
trap 'kill -TERM -- -$server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$home"' EXIT
for _ in $(seq 100); do
  curl -sf http://localhost:8283/v1/health/ >/dev/null && break
  sleep 0.1
done
# The README's block of commands that records a step and lists it.
awk '/^curl -s http:\/\/localhost:8283\/v1\/steps\/ -H/ { on = 1 } on { print } /agent_id=my-agent/ { exit }' README.md >"$home/record.sh"
bash "$home/record.sh" >"$home/answer"
grep -q '"total_tokens":17' "$home/answer"
grep -q 'How can I help?' "$home/answer"
echo 'README: a step was recorded and read back'
