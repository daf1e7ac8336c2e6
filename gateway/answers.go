package gateway

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/tyg-dev/tyg/internal/hostapi"
)

// maxAnswers is how many answers are remembered. A client asks again within a second, in which a
// gateway on loopback answers fewer calls that change something.
const maxAnswers = 16 << 10

// answers remembers what calls that have a key were answered, so that a client that did not get the
// answer can ask again without doing the same twice.
type answers struct {
	mu    sync.Mutex
	byKey map[string]*keptAnswer
	keys  []string // the oldest at next, once there are maxAnswers
	next  int
}

// A keptAnswer is an answer that other calls may wait for.
type keptAnswer struct {
	call   [sha256.Size]byte // see once
	done   chan struct{}     // closed when there is one
	answer sharedAnswer
	err    error
}

// once calls f, unless it was called for this key; then it returns what f returned. call is a hash
// of what the key does not say of the call: with another one, the key is used twice, an error.
func (a *answers) once(
	key string, call [sha256.Size]byte, f func() (sharedAnswer, error),
) (sharedAnswer, error) {
	a.mu.Lock()
	k, ok := a.byKey[key]
	if !ok {
		k = &keptAnswer{call: call, done: make(chan struct{})}
		a.keep(key, k)
	}
	a.mu.Unlock()
	if k.call != call {
		return sharedAnswer{}, hostapi.KeyReused()
	}
	if ok {
		<-k.done
		return k.answer, k.err
	}
	defer close(k.done)
	k.err = errors.New("the first call of this key panicked")
	k.answer, k.err = f()
	return k.answer, k.err
}

// hashCall returns a hash of the body of a call and of the headers that change what it does.
func hashCall(r *http.Request, body []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, name := range []string{
		"Content-Type", hostapi.ExceptHeader, "If-Match", "If-None-Match",
	} {
		fmt.Fprintf(h, "%q\n", r.Header.Values(name))
	}
	h.Write(body)
	h.Sum(sum[:0])
	return sum
}

// keep keeps an answer in the place of the oldest. a.mu is held.
func (a *answers) keep(key string, k *keptAnswer) {
	if a.byKey == nil {
		a.byKey = make(map[string]*keptAnswer)
	}
	if len(a.keys) < maxAnswers {
		a.keys = append(a.keys, key)
	} else {
		delete(a.byKey, a.keys[a.next])
		a.keys[a.next] = key
		a.next = (a.next + 1) % maxAnswers
	}
	a.byKey[key] = k
}
