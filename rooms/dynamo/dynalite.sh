#!/usr/bin/env bash
# Runs a command with AWS_ENDPOINT_URL_DYNAMODB naming a DynamoDB that this project did not write:
#
#   rooms/dynamo/dynalite.sh go test -count=1 ./rooms/dynamo/...
#
# It needs Node.js with npm, and a network for the first time; afterwards the engine is in a cache.
set -euo pipefail
version=4.0.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tyg/dynalite-$version
engine=$cache/node_modules/.bin/dynalite
if [ ! -x "$engine" ]; then
	mkdir -p "$cache"
	npm install --prefix "$cache" --no-package-lock --no-audit --no-fund --loglevel=error \
		"dynalite@$version" >/dev/null
fi
port=$(node -e 'const s = require("net").createServer()
	s.listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')

# Requests that are wrong enough can end the engine; then the next finds a new one, without tables.
keep() {
	local pid=
	trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; exit' TERM
	while true; do
		"$engine" --host 127.0.0.1 --port "$port" --createTableMs 0 >/dev/null &
		pid=$!
		wait "$pid" || echo "dynalite ended with status $?" >&2
		sleep 0.2
	done
}
keep &
keeper=$!
trap 'kill "$keeper" 2>/dev/null || true; wait "$keeper" 2>/dev/null || true' EXIT

for _ in $(seq 100); do
	if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
		AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$port "$@"
		exit
	fi
	sleep 0.1
done
echo "dynalite did not start" >&2
exit 1
