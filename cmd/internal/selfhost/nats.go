package selfhost

import (
	"context"
	"fmt"
	"maps"
	"os"

	"github.com/tyg-dev/tyg/cmd/internal/companion"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// natsVariable names a NATS server to functions, see packages rooms/storage and host.
const natsVariable = "TYG_NATS_URL"

// openNATS gives functions the NATS server of the configuration: in their environment, where their
// own variable or that of this process goes before it. An embedded server runs until Close; if it
// ends before, ended gets an error.
func (g *Gateway) openNATS(ctx context.Context, ended chan<- error) error {
	address := g.cfg.NATS
	if address == "" || os.Getenv(natsVariable) != "" {
		return nil
	}
	if m := g.node(); m != nil {
		address = m.NATS()
	}
	if address == project.EmbeddedNATS {
		child, url, err := companion.StartNATS(ctx, g.notices)
		if err != nil {
			return fmt.Errorf("nats: %w", err)
		}
		g.closers = append(g.closers, stopped{child})
		go func() { // ends with the child, which Close stops
			<-child.Done()
			ended <- fmt.Errorf("tyg-nats has ended (%v), and the state of the functions with it",
				child.Err())
		}()
		address = url
	}
	for i, fn := range g.set.Functions {
		if _, own := fn.Env[natsVariable]; !own {
			env := map[string]string{natsVariable: address}
			maps.Copy(env, fn.Env)
			g.set.Functions[i].Env = env
		}
	}
	return nil
}

// stopped is a companion that Close stops.
type stopped struct{ *companion.Child }

// Close stops the companion, whose temporary folder may stay.
func (s stopped) Close() error { return s.Stop() }
