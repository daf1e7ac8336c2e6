package gateway

import (
	"errors"
	"sync"
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
	done   chan struct{} // closed when there is one
	answer sharedAnswer
	err    error
}

// once calls f, unless it was called for this key; then it returns what f returned.
func (a *answers) once(key string, f func() (sharedAnswer, error)) (sharedAnswer, error) {
	a.mu.Lock()
	k, ok := a.byKey[key]
	if !ok {
		k = &keptAnswer{done: make(chan struct{})}
		a.keep(key, k)
	}
	a.mu.Unlock()
	if ok {
		<-k.done
		return k.answer, k.err
	}
	defer close(k.done)
	k.err = errors.New("the first call of this key panicked")
	k.answer, k.err = f()
	return k.answer, k.err
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
