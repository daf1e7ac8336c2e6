package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/bench/internal/load"
)

// server is a program that is measured.
type server struct {
	name    string
	program string   // the folder under servers, and the name of what is built of it
	args    []string // besides those that every server gets
	dialect load.Dialect
	module  string // whose version is told

	// for servers that are no Go programs
	script  string // in servers/node
	runtime string // what runs it
	needs   string // a folder in servers/node that npm install makes
}

func allServers() []server {
	return []server{
		{name: "floor", program: "floor"},
		{name: "floor-uring", program: "floor", args: []string{"-uring"}},
		{name: "tcp", program: "floor", args: []string{"-tcp"}, dialect: load.TCP},
		{name: "pooled", program: "pooled"},
		{name: "tyg", program: "tyg"},
		{name: "tyg-route", program: "tyg", args: []string{"-route"}, dialect: load.JSON},
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
		{name: "node-ws", script: "ws.mjs", runtime: "node", needs: "node_modules/ws"},
		{name: "bun", script: "bun.mjs", runtime: "node_modules/.bin/bun", needs: "node_modules/bun"},
	}
}

// usable reports why a server cannot run here, if so.
func (s server) usable() error {
	if s.script == "" {
		return nil
	}
	if !exists(filepath.Join(nodeDir, s.needs)) {
		return fmt.Errorf("%s is not installed; run npm install in %s", s.name, nodeDir)
	}
	if s.runtime == "node" {
		_, err := exec.LookPath(s.runtime)
		return err
	}
	return nil
}

// nodeDir is where the servers in JavaScript are.
const nodeDir = "servers/node"

// command returns the command line that runs s.
func (s server) command(bin, addr string, room bool, profile string) []string {
	if s.script != "" {
		return s.scriptCommand(addr, room)
	}
	argv := append([]string{filepath.Join(bin, s.program), "-addr", addr}, s.args...)
	if room {
		argv = append(argv, "-room")
	}
	if profile != "" {
		argv = append(argv, "-cpuprofile", profile)
	}
	return argv
}

func (s server) scriptCommand(addr string, room bool) []string {
	program := s.runtime
	argv := []string{program}
	if program == "node" {
		argv = append(argv, "--expose-gc") // for SIGUSR2
	} else {
		argv[0] = filepath.Join(nodeDir, program)
	}
	argv = append(argv, filepath.Join(nodeDir, s.script), addr)
	if room {
		argv = append(argv, "room")
	}
	return argv
}

// pick returns the servers with these names, in their order. Names that do not exist are an error.
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
