package natsd_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/natsd/natsdtest"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

func TestClusterChecks(t *testing.T) {
	certified := &tls.Config{Certificates: make([]tls.Certificate, 1), RootCAs: x509.NewCertPool()}
	three := []string{"n1:6222", "n2:6222", "n3:6222"}
	local := []string{"127.0.0.1:1", "127.0.0.1:2", "localhost:3"}
	for _, tt := range []struct {
		cluster natsd.Cluster
		want    string // in the error; empty: none
	}{
		{natsd.Cluster{Node: "127.0.0.1:1", Nodes: local}, ""},
		{natsd.Cluster{Node: "127.0.0.1:1", Nodes: local[:1]}, ""},
		{natsd.Cluster{Node: "n1:6222", Nodes: three, Password: "p", TLS: certified}, ""},
		{natsd.Cluster{Node: "127.0.0.1:1", Nodes: local[:2]}, "use 1, 3 or 5"},
		{natsd.Cluster{Nodes: nil}, "use 1, 3 or 5"},
		{natsd.Cluster{Node: "n1", Nodes: []string{"n1", "n2", "n3"}}, "such as node1:6222"},
		{natsd.Cluster{Node: ":1", Nodes: []string{":1"}}, "such as node1:6222"},
		{natsd.Cluster{Node: "n1:1", Nodes: []string{"n1:1", "n2:1", "n1:1"}}, "is there twice"},
		{natsd.Cluster{Node: "n4:6222", Nodes: three}, "which is none of n1:6222, n2:6222"},
		{natsd.Cluster{Node: "n1:6222", Nodes: three, TLS: certified}, "need a credential"},
		{natsd.Cluster{Node: "n1:6222", Nodes: three, Password: "p"}, "need TLS"},
		{
			natsd.Cluster{Node: "127.0.0.1:1", Nodes: local, Listen: "0.0.0.0:1"},
			"need a credential",
		},
		{
			natsd.Cluster{Node: "n1:6222", Nodes: three, Password: "p", TLS: new(tls.Config)},
			"a certificate of this node",
		},
		{
			natsd.Cluster{Node: "n1:6222", Nodes: three, Password: "p", TLS: &tls.Config{
				Certificates: make([]tls.Certificate, 1),
			}},
			"the authority",
		},
	} {
		err := tt.cluster.Check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.cluster, err, tt.want)
		}
		if err == nil {
			continue
		}
		if s, err := natsd.Start(natsd.Config{Dir: t.TempDir(), Cluster: &tt.cluster}); err == nil {
			t.Errorf("it starts with %+v", tt.cluster)
			_ = s.Shutdown()
		}
	}
	if s, err := natsd.Start(natsd.Config{
		Cluster: &natsd.Cluster{Node: "127.0.0.1:1", Nodes: local},
	}); err == nil {
		t.Error("a node starts without a folder of its own")
		_ = s.Shutdown()
	}
}

// TestClusterOfThreeStartsSoon also keeps a value on all of them.
func TestClusterOfThreeStartsSoon(t *testing.T) {
	start := time.Now()
	c := natsdtest.Start(t, 3)
	values := openValues(t, c.URL())
	if _, err := values.StoreValue(t.Context(), tyg.ValueKey{Name: "a"}, []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
	if c.Leader("values") < 0 {
		t.Error("no node leads the bucket")
	}
}

func openValues(t *testing.T, url string) *natskv.Values {
	t.Helper()
	values, err := natskv.OpenValues(t.Context(), natskv.Config{URL: url, Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = values.Close() })
	return values
}

// A node alone is a server like any other.
func TestClusterOfOne(t *testing.T) {
	address := "127.0.0.1:6222" // where it does not listen
	s, err := natsd.Start(natsd.Config{
		Dir: t.TempDir(), Cluster: &natsd.Cluster{Node: address, Nodes: []string{address}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Shutdown() }()
	if err := s.WaitReady(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRollingRestartKeepsQuorum restarts all nodes, one after the other, under load. A node that
// came back under another name, or too early, would end the cluster at the second one.
func TestRollingRestartKeepsQuorum(t *testing.T) {
	t.Parallel()
	c := natsdtest.Start(t, 3)
	values := openValues(t, c.URL())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const writers = 4
	var done sync.WaitGroup
	var last [writers]int           // what was acknowledged
	var slow [writers]time.Duration // the longest write
	for w := range writers {
		done.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				begun := time.Now()
				err := store(ctx, values, key(w), n)
				if err == nil {
					last[w] = n
				} else if ctx.Err() == nil {
					t.Errorf("writer %d: %v", w, err)
				}
				slow[w] = max(slow[w], time.Since(begun))
				time.Sleep(2 * time.Millisecond) // more load tells no more
			}
		})
	}
	for i := range c.Len() {
		c.Stop(i)
		time.Sleep(50 * time.Millisecond) // the load goes on with two
		c.Restart(i)
		c.WaitReady()
	}
	stop()
	done.Wait()
	for w := range writers {
		data, _, err := values.LoadValue(t.Context(), key(w))
		var got int
		if _, e := fmt.Sscan(string(data), &got); err != nil || e != nil || got < last[w] {
			t.Errorf("writer %d: %q is left, %v; %d was acknowledged", w, data, err, last[w])
		}
		if last[w] < 20 || slow[w] > 5*time.Second {
			t.Errorf("writer %d: %d writes, of which one took %v", w, last[w], slow[w])
		}
	}
}

func key(writer int) tyg.ValueKey { return tyg.ValueKey{Name: fmt.Sprint("writer ", writer)} }

// store writes n until that is acknowledged. A call that is cut off may be made again: the value is
// the same.
func store(ctx context.Context, values *natskv.Values, k tyg.ValueKey, n int) error {
	for {
		try, cancel := context.WithTimeout(ctx, time.Second)
		_, err := values.StoreValue(try, k, fmt.Append(nil, n), tyg.AnyRevision)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestNodesSpeakTLS has three nodes, the last with the wrong password, with a certificate of its
// own, or with the right ones.
func TestNodesSpeakTLS(t *testing.T) {
	t.Parallel() // it mostly waits
	ours, strange := newAuthority(t), newAuthority(t)
	for _, tt := range []struct {
		name, password string
		config         *tls.Config
		meet           bool
	}{
		{"the right ones", "secret", ours.config, true},
		{"the wrong password", "guess", ours.config, false},
		{"a certificate of its own", "secret", strange.config, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			nodes := natsdtest.Free(t, 3)
			start := func(i int, password string, config *tls.Config) *natsd.Server {
				t.Helper()
				s, err := natsd.Start(natsd.Config{Dir: t.TempDir(), Cluster: &natsd.Cluster{
					Node: nodes[i], Nodes: nodes, Password: password, TLS: config,
				}})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(s.Kill)
				return s
			}
			all := []*natsd.Server{
				start(0, "secret", ours.config), start(1, "secret", ours.config),
				start(2, tt.password, tt.config),
			}
			patience := 20 * time.Second
			if !tt.meet {
				patience = 1500 * time.Millisecond // twice as long as the right ones take
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			for _, s := range all {
				if err := s.WaitReady(ctx); (err == nil) != tt.meet {
					t.Errorf("a node is ready: %v", err)
				}
			}
		})
	}
}

// An authority has signed the certificate of its config.
type authority struct{ config *tls.Config }

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return authority{&tls.Config{
		RootCAs:      pool,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}}
}
