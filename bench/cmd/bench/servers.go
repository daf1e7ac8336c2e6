package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/load"
)

// server is a program to measure.
type server struct {
	name    string
	program string   // its folder under servers, and the name of its binary
	args    []string // besides the arguments of every server
	many    []string // the arguments for more than its defaults allow
	dialect load.Dialect
	module  string // the tables name its version
	joins   bool   // clients that connect with "?room" join a room; others do not

	script   *script   // nil: a Go program
	starting *starting // not nil: a program whose build and start are measured
	function *function // not nil: a function of Lambda in place of a server, for coldstart
}

// serverMode is how a server runs.
type serverMode struct {
	room    bool
	resume  bool   // sessions of TLS
	tls     string // the certificate's file; empty: without TLS
	many    bool
	profile string        // the CPU profile's file; empty: none
	ping    time.Duration // between pings of the server; 0: as it has it
}

func allServers() []server {
	servers := []server{
		{name: "floor", program: "floor", joins: true},
		{name: "floor-uring", program: "floor", args: []string{"-uring"}},
		{name: "tcp", program: "floor", args: []string{"-tcp"}, dialect: load.TCP},
		{name: "pooled", program: "pooled"},
		{name: "tyg", program: "tyg", many: []string{"-many"}, joins: true},
		{name: "tyg-ids", program: "tyg", args: []string{"-ids"}, many: []string{"-many"}, joins: true},
		{name: "tyg-portable", program: "tyg", args: []string{"-portable"}, many: []string{"-many"}},
		{name: "tyg-route", program: "tyg", args: []string{"-route"}, dialect: load.JSON},
		{name: "chat", program: "chat", dialect: load.Chat},
		{name: "gws", program: "gws", module: "github.com/lxzan/gws"},
		{name: "gorilla", program: "gorilla", module: "github.com/gorilla/websocket"},
		{name: "gorilla-small", program: "gorilla", args: []string{"-small"}},
		{name: "coder", program: "coder", module: "github.com/coder/websocket"},
		{name: "nbio", program: "nbio", module: "github.com/lesismal/nbio"},
		{name: "gnet", program: "gnet", module: "github.com/panjf2000/gnet/v2"},
		{name: "gobwas", program: "gobwas", module: "github.com/gobwas/ws"},
		{name: "melody", program: "melody", module: "github.com/olahol/melody"},
		{
			name: "centrifuge", program: "centrifuge", dialect: load.Centrifuge,
			module: "github.com/centrifugal/centrifuge",
		},
		{name: "node-ws", script: nodeWS()},
		{name: "bun", script: bun()},
		{name: "functions-go", program: "functions", dialect: load.Action},
		{
			name: "functions-node", program: "functions", args: []string{"-node", offlineDir},
			dialect: load.Action,
		},
		{name: "lambda-echo", function: &function{dir: "./examples/echo"}},
		{name: "lambda-chat", function: &function{dir: "./examples/chat", table: true}},
		{name: "serverless-offline", dialect: load.Action, script: offline()},
	}
	for _, s := range startings() {
		servers = append(servers, server{name: s.name, starting: &s})
	}
	return servers
}

// usable returns why a server cannot run here, or nil.
func (s server) usable() error {
	dir := ""
	switch {
	case s.name == "functions-node":
		dir = offlineDir
	case s.script != nil:
		dir = s.script.dir
	default:
		return nil
	}
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if !exists(filepath.Join(dir, "node_modules")) {
		return fmt.Errorf("%s is not installed; run npm install in %s", s.name, dir)
	}
	return nil
}

// command returns the command line that runs s.
func (s server) command(bin, addr string, h serverMode) []string {
	if s.script != nil {
		return s.script.command(addr, h.room)
	}
	argv := append([]string{filepath.Join(bin, s.program), "-addr", addr}, s.args...)
	if h.many {
		argv = append(argv, s.many...)
	}
	if h.room {
		argv = append(argv, "-room")
	}
	if h.tls != "" {
		argv = append(argv, "-tls", h.tls)
	}
	if h.resume {
		argv = append(argv, "-resume")
	}
	if h.ping > 0 {
		argv = append(argv, "-ping", h.ping.String())
	}
	if h.profile != "" {
		argv = append(argv, "-cpuprofile", h.profile)
	}
	return argv
}

// pick returns the servers with these names, in their order. An unknown name is an error.
func pick(names []string) (picked []server, err error) {
	all := allServers()
	for _, name := range names {
		i := slices.IndexFunc(all, func(s server) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no server %q; there are %s",
				name, strings.Join(serverNames(all), ", "))
		}
		picked = append(picked, all[i])
	}
	return picked, nil
}

func serverNames(servers []server) (names []string) {
	for _, s := range servers {
		names = append(names, s.name)
	}
	return names
}
