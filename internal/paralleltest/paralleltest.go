// Package paralleltest lets more tests run at once than there are cores.
package paralleltest

import (
	"flag"
	"strconv"
)

// AtOnce lets n tests that have called Parallel run at once, unless the command line says another
// number: by default it is that of the cores, and tests that wait for sockets, timers and processes
// need none. Call it in TestMain, before the tests run.
func AtOnce(n int) {
	flag.Parse()
	const name = "test.parallel"
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if !given {
		_ = flag.Set(name, strconv.Itoa(n)) // the testing package has defined it
	}
}
