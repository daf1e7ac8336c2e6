#!/usr/bin/env bash
# Makes the pictures in this folder anew, with Chromium: the inspector, the chat, and the recorded session of the README.
# Look at them before you commit them. The recording needs port 8000, and a quiet machine: it shows how long a reload takes.
set -euo pipefail
cd "$(dirname "$0")/../.."
export TYG_TEST_BROWSER=1
TYG_SCREENSHOTS=$PWD/docs/images go test -count=1 -run '^TestScreenshots$' ./internal/inspect
go test -count=1 -run '^TestScreenshots$' ./examples/chattest -screenshots "$PWD/docs/images"
go run -C docs/site ./film
