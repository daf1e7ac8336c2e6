package companion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
)

// StartNATS starts tyg-nats, and returns the URL of its server, which has its password. What a
// build takes goes to stderr.
func StartNATS(ctx context.Context, stderr io.Writer) (c *Child, address string, err error) {
	finder, err := NewFinder(stderr)
	if err != nil {
		return nil, "", err
	}
	program, err := finder.Find(ctx, "tyg-nats")
	if err != nil {
		return nil, "", err
	}
	if c, address, err = program.Start(ctx); err != nil {
		return nil, "", err
	}
	if err := CheckNATS(address); err != nil {
		_ = c.Stop() // it is no server that keeps something
		return nil, "", fmt.Errorf("run %s: %w", program.Path, err)
	}
	return c, address, nil
}

// CheckNATS checks what tyg-nats has printed. Programs get it in their environment, and send their
// state to that address.
func CheckNATS(address string) error {
	u, err := url.Parse(address)
	if err == nil && u.Scheme == "nats" && u.User != nil && net.ParseIP(u.Hostname()).IsLoopback() &&
		u.Port() != "" {
		return nil
	}
	return errors.New("it has not printed the address of a NATS server on this machine; remove it " +
		"to have it built again")
}
