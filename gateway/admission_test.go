package gateway_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

func TestConnectRateRefusesHandshakes(t *testing.T) {
	r := start(t, &gateway.Server{
		Handler: echo(), TrustedProxies: loopback, Limits: gateway.Limits{ConnectRate: 2},
	})
	begun := time.Now()
	refused := 0
	for n := range 20 {
		c, err := r.try(from(fmt.Sprintf("203.0.113.%d", n)))
		if err == nil {
			defer func() { _ = c.CloseNow() }()
			continue
		}
		refused++
		rej, ok := errors.AsType[*wsclient.RefusedError](err)
		if !ok || rej.Status != http.StatusServiceUnavailable {
			t.Fatal(err)
		}
		after, err := strconv.Atoi(rej.Header.Get("Retry-After"))
		if err != nil || after < 1 || after > 11 {
			t.Errorf("Retry-After: %q", rej.Header.Get("Retry-After"))
		}
	}
	if admitted := 20 - refused; admitted > 2+int(2*time.Since(begun)/time.Second)+1 {
		t.Errorf("%d clients are admitted in %v", admitted, time.Since(begun))
	}
	for range 5 {
		r.dial(t) // from this machine
	}
	if s := r.Stats(); s.Refused["connect-rate"] != int64(refused) || s.Refusals != int64(refused) {
		t.Errorf("%d are refused, and counted as %v", refused, s.Refused)
	}
}

// A storm of clients that obey Retry-After is over soon, with few attempts and an even rate.
func TestConnectRateSpreadsAStorm(t *testing.T) {
	const clients, rate = 20_000, 500
	var bucket gateway.ConnectRate
	start := time.Now()
	type client struct {
		at       time.Time
		attempts int
	}
	come := [][]client{make([]client, clients)} // in each second
	for i := range come[0] {
		come[0][i] = client{at: start}
	}
	attempts, most, admitted := 0, 0, 0
	for second := 0; second < len(come); second++ {
		slices.SortFunc(come[second], func(a, b client) int { return a.at.Compare(b.at) })
		was := admitted
		for _, c := range come[second] {
			c.attempts++
			attempts, most = attempts+1, max(most, c.attempts)
			retry, ok := bucket.Admit(c.at, rate)
			if ok {
				admitted++
				continue
			}
			c.at = c.at.Add(time.Second + retry.Truncate(time.Second)) // as the header says
			later := int(c.at.Sub(start) / time.Second)
			for len(come) <= later {
				come = append(come, nil)
			}
			come[later] = append(come[later], c)
		}
		if n := admitted - was; n > 2*rate {
			t.Errorf("%d clients are admitted in second %d", n, second)
		}
	}
	if admitted != clients || len(come) > 2*clients/rate || attempts > 3*clients || most > 20 {
		t.Errorf("%d clients are in after %d s and %d attempts, up to %d of one client",
			admitted, len(come), attempts, most)
	}
}

// TestEveryRefusalHasARowInTheDocs looks for the table of reasons.
func TestEveryRefusalHasARowInTheDocs(t *testing.T) {
	page, err := os.ReadFile("../docs/self-hosting.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range gateway.RefusalCauses() {
		if !strings.Contains(string(page), "\n| `"+name+"` | ") {
			t.Errorf("docs/self-hosting.md does not explain the reason %q", name)
		}
	}
}
