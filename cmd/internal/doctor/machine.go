package doctor

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// enoughFiles is the limit of open files below which a server holds few connections.
const enoughFiles = 65536

// files looks at how many sockets a process may hold.
func (d *Doctor) files(context.Context) Finding {
	limit, err := fileLimit()
	switch {
	case err != nil:
		return warn("", "the limit of open files is not known: %v", err)
	case limit == 0:
		return ok("this system has no limit of open files")
	case limit < enoughFiles:
		return warn("raise it: ulimit -n 1048576 in a shell of root, LimitNOFILE=1048576 in a systemd "+
			"unit, --ulimit nofile=1048576 for docker",
			"a process may have %d open files, and each connection is one", limit)
	}
	return ok("a process may have %d open files", limit)
}

// port looks whether tyg local can listen.
func (d *Doctor) port(ctx context.Context) Finding {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", d.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return warn("stop the program that has it, or choose another with --port or TYG_ADDR",
			"%s is in use", d.Addr)
	}
	if err != nil {
		return fail("choose another address with --port or TYG_ADDR", "%v", err)
	}
	_ = l.Close()
	return ok("%s is free", d.Addr)
}

// oldestGo is the oldest Go that builds tyg: 1.26.
const oldestGo = 26

// toolchain looks for the go command, which builds projects.
func (d *Doctor) toolchain(ctx context.Context) Finding {
	const install = "install Go 1.26 or later from https://go.dev/dl/, and put it into PATH"
	path, err := exec.LookPath("go")
	if err != nil {
		return fail(install, "there is no go command in PATH; tyg connect, tyg gateway and tyg "+
			"bench work without it")
	}
	cmd := exec.CommandContext(ctx, path, "env", "GOVERSION")
	cmd.Dir = d.Dir // whose go.mod may choose another toolchain
	out, err := cmd.Output()
	version := strings.TrimSpace(string(out))
	if err != nil {
		return fail(install, "%s env GOVERSION: %v", path, err)
	}
	if isOld(version) {
		return fail(install+"; or allow it to download one: go env -w GOTOOLCHAIN=auto",
			"%s is %s, and tyg needs go1.26", path, version)
	}
	return ok("%s at %s", version, path)
}

var goVersion = regexp.MustCompile(`^go1\.(\d+)`)

// isOld reports whether a version such as go1.26.3 is too old. Other forms are of development.
func isOld(version string) bool {
	m := goVersion.FindStringSubmatch(version)
	if m == nil {
		return false
	}
	minor, err := strconv.Atoi(m[1])
	return err == nil && minor < oldestGo
}

// kernel looks for what the gateway uses of the system.
func (d *Doctor) kernel(context.Context) Finding {
	if runtime.GOOS != "linux" {
		return ok("%s/%s: a goroutine for each connection; epoll and io_uring are of Linux",
			runtime.GOOS, runtime.GOARCH)
	}
	release, err := ring()
	if err != nil {
		return warn("allow io_uring: sysctl kernel.io_uring_disabled=0, and in a container a seccomp "+
			"profile that has io_uring_setup; without it all works, broadcasts are slower",
			"%s: epoll, and no io_uring (%v)", release, err)
	}
	return ok("%s: epoll and io_uring", release)
}
