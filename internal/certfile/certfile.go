// Package certfile loads the certificate of a server from files, and again when they are replaced.
package certfile

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// recheck is the interval between two checks of the files.
const recheck = time.Second

// A Certificate is loaded from files, which may be replaced at any time and in any way: written
// anew, renamed over, or switched with the symbolic link that leads to them. What counts is their
// content, because files of reproducible images all have one modification time. All methods may be
// called at the same time.
type Certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	now     *tls.Certificate
	checked time.Time
	content [2][]byte // of the files at the last attempt to load them; nil: it was not readable
}

// Load loads a certificate and its key, both PEM files. log gets what happens later.
func Load(cert, key string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, log: log, checked: time.Now()}
	content, err := c.read()
	if err != nil {
		return nil, err
	}
	return c, c.load(content)
}

// read reads both files. Its error is that of the first that cannot be read, whose content is nil.
func (c *Certificate) read() (content [2][]byte, err error) {
	for i, name := range []string{c.cert, c.key} {
		var e error
		content[i], e = os.ReadFile(name)
		err = cmp.Or(err, e)
	}
	return content, err
}

// load makes the certificate of what the files contain.
func (c *Certificate) load(content [2][]byte) error {
	c.content = content
	pair, err := tls.X509KeyPair(content[0], content[1])
	if err != nil {
		return err
	}
	c.now = &pair
	return nil
}

// Get returns the certificate for a handshake, as tls.Config.GetCertificate. It looks at the files
// once a second at most. If they cannot be loaded, the last certificate stays: one of the two files
// may not be replaced yet.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.checked) < recheck {
		return c.now, nil
	}
	c.checked = time.Now()
	content, err := c.read()
	if bytes.Equal(content[0], c.content[0]) && bytes.Equal(content[1], c.content[1]) {
		return c.now, nil
	}
	if err == nil {
		err = c.load(content)
	}
	c.content = content
	if err != nil {
		c.log.Error("cannot load certificate, keeping the last one", "file", c.cert, "err", err)
		return c.now, nil
	}
	c.log.Info("certificate loaded", "file", c.cert, "until", c.now.Leaf.NotAfter)
	return c.now, nil
}
