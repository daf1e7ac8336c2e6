package main

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// script is a server that runs on Node.js or Bun. It needs an npm install in its folder, which the
// driver never runs.
type script struct {
	dir     string
	env     func(addr string) []string // besides the driver's own; nil: none
	command func(addr string, room bool) []string
	version func() string // empty: unknown
}

// nodeDir and offlineDir are where the servers in JavaScript are.
const (
	nodeDir    = "servers/node"
	offlineDir = "servers/offline"
)

func nodeWS() *script {
	return &script{
		dir: nodeDir,
		command: func(addr string, room bool) []string { // --expose-gc is for SIGUSR2
			return withRoom([]string{"node", "--expose-gc", nodeDir + "/ws.mjs", addr}, room)
		},
		version: func() string {
			return packageVersion(nodeDir, "ws") + " on Node.js " + versionOf("node")
		},
	}
}

func bun() *script {
	program := nodeDir + "/node_modules/.bin/bun"
	return &script{
		dir: nodeDir,
		command: func(addr string, room bool) []string {
			return withRoom([]string{program, nodeDir + "/bun.mjs", addr}, room)
		},
		version: func() string { return "bun " + versionOf(program) },
	}
}

// offline is the emulator of the Serverless Framework. It needs three ports; addr is the one for
// WebSockets.
func offline() *script {
	return &script{
		dir: offlineDir,
		env: func(addr string) []string {
			return []string{
				"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI=http://" + addr,
				"SLS_TELEMETRY_DISABLED=1", "SLS_NOTIFICATIONS_MODE=off",
				"AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench",
			}
		},
		command: func(addr string, _ bool) []string {
			host, port, _ := net.SplitHostPort(addr)
			return []string{
				"node", "node_modules/.bin/serverless", "offline", "--host", host,
				"--websocketPort", port, "--httpPort", "1" + port[1:], "--lambdaPort", "3" + port[1:],
			}
		},
		version: func() string { return packageVersion(offlineDir, "serverless-offline") },
	}
}

func withRoom(argv []string, room bool) []string {
	if room {
		return append(argv, "room")
	}
	return argv
}

// versionOf returns the output of a program's --version.
func versionOf(program string) string {
	text, err := exec.Command(program, "--version").Output()
	if err != nil {
		return "of no known version"
	}
	return strings.TrimPrefix(strings.TrimSpace(string(text)), "v")
}

func packageVersion(dir, name string) string {
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", name, "package.json"))
	if err != nil {
		return name
	}
	var p struct{ Version string }
	_ = json.Unmarshal(text, &p) // without it the version stays empty
	return strings.TrimSpace(name + " " + p.Version)
}
