#!/usr/bin/env bash
# Makes the pictures of the inspector in docs/images anew, with Chromium. Look at them before you commit them.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p ../../docs/images
TYG_TEST_BROWSER=1 TYG_SCREENSHOTS=$PWD/../../docs/images go test -count=1 -run '^TestScreenshots$' .
