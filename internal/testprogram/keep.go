package testprogram

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/tyg-dev/tyg/internal/sampletest"
)

// goScript stands for the go command. Instead of building a program, the go command runs it by cp,
// because it keeps linked programs only if it is to run them. All else is as without the script:
// what is compiled, the flags, the messages. Its process becomes that of the go command.
const goScript = `#!/bin/sh
go=%q
[ "$1" = build ] || exec "$go" "$@"
shift
out=
left=$#
while [ $left -gt 0 ]; do
	left=$((left - 1))
	if [ "$1" = -o ]; then
		out=$2
		shift 2
		left=$((left - 1))
	else
		set -- "$@" "$1"
		shift
	fi
done
case $out in
'') exec "$go" build "$@" ;;
*/*) mkdir -p "${out%%/*}" ;;
esac
exec "$go" run -exec 'cp -f' "$@" "$out"
`

// Keep writes a go command into dir, which then stands at the front of PATH. The command keeps the
// programs that it links for go build, so that a test that was run before links none. Windows has
// the real command, and so has a run that is exhaustive.
func Keep(dir string) error {
	if runtime.GOOS == "windows" || sampletest.Exhaustive() {
		return nil
	}
	path, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("find the go command: %w", err)
	}
	script := fmt.Sprintf(goScript, path)
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o777); err != nil {
		return fmt.Errorf("write a go command: %w", err)
	}
	return os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
}
