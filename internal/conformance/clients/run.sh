#!/usr/bin/env bash
# Drives the built examples/probe and examples/echo with clients that this project did not write: the AWS
# CLI, the AWS SDK for JavaScript, npm's ws, and two WebSocket libraries for Python. Exits with a status
# other than 0 if anything is not as it should be.
#
# It needs Go, Node.js with npm, Debian's packages awscli, python3-websockets and python3-websocket (which
# it installs if it may), and a network for those.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pids=()
cleanup() {
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap cleanup EXIT

install_debian() { # the Python libraries are those of Debian's own Python
	if [ -x /usr/bin/aws ] && /usr/bin/python3 -c 'import websocket, websockets' 2>/dev/null; then
		return
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		awscli python3-websockets python3-websocket >/dev/null
}

# start NAME starts an example and sets url to where it is.
start() {
	"$work/$1" -addr 127.0.0.1:0 >"$work/$1.out" 2>"$work/$1.err" &
	pids+=($!)
	for _ in $(seq 100); do
		url=$(sed -n 's/^Serving .* on //p' "$work/$1.out")
		[ -z "$url" ] || return 0
		kill -0 "${pids[-1]}" || break
		sleep 0.1
	done
	echo "$1 did not start:" >&2
	cat "$work/$1.err" >&2
	return 1
}

install_debian
cp "$here"/*.mjs "$here/package.json" "$work"
(cd "$work" && npm install --no-package-lock --no-audit --no-fund --loglevel=error)
(cd "$here/../../.." && go build -o "$work" ./examples/probe ./examples/echo)

# What the gateway verifies signatures with, and what the clients sign with.
export TYG_ACCESS_KEY_ID=AKIDCLIENTS TYG_SECRET_ACCESS_KEY=clients-secret
export AWS_ACCESS_KEY_ID=$TYG_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$TYG_SECRET_ACCESS_KEY
export AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1 AWS_EC2_METADATA_DISABLED=true
unset AWS_SESSION_TOKEN AWS_PROFILE
export AWS_CONFIG_FILE=$work/none AWS_SHARED_CREDENTIALS_FILE=$work/none

start probe && export PROBE_URL=${url%/}
start echo && export ECHO_URL=${url%/}
for script in aws_cli.py websockets_lib.py websocket_lib.py; do
	timeout 120 /usr/bin/python3 -W ignore "$here/$script"
	echo "ok $script"
done
for script in sdk.mjs ws.mjs; do
	timeout 120 node "$work/$script"
	echo "ok $script"
done
