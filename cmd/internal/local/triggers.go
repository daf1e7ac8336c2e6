package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/schedule"
	"github.com/tyg-dev/tyg/cmd/internal/webserver"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/triggerevent"
)

// A Trigger is a source of events of the project's program, and the settings of its function.
type Trigger struct {
	Source   project.TriggerConfig
	Function functions.Function
	Table    string // of the project, whose stream is read; "" for other sources
}

// A source is where the events of a trigger come from.
type source struct {
	project.TriggerConfig
	Table string
}

// triggerVariable tells the program which trigger its function is for, as on AWS.
const triggerVariable = "TYG_TRIGGER"

// programName is the name of the program's own function if a trigger has its name.
const programName = "websocket"

// triggerFunctions returns a function for each trigger that the program handles: the same program
// in a process of its own, as on AWS.
func (s *server) triggerFunctions(
	plan Plan, program functions.Function, names []string,
) []functions.Function {
	var all []functions.Function
	for _, name := range names {
		fn := program
		own := plan.Triggers[name].Function
		fn.Name, fn.Timeout, fn.MemorySize = name, own.Timeout, own.MemorySize
		fn.Env = maps.Clone(program.Env)
		maps.Copy(fn.Env, s.unlessSet(own.Env))
		fn.Env[triggerVariable] = name
		all = append(all, fn)
	}
	return all
}

// sources are the sources of triggers that run here.
type sources struct {
	running map[string]source // what was started
	readers map[string]*streamReader
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// startSources starts schedules and function URLs, and says how events of the others are made. It
// does nothing if they are as before. It is called by the goroutine that loads the project.
func (s *server) startSources() {
	want := make(map[string]source)
	for _, name := range s.triggers {
		if t, ok := s.now.plan.Triggers[name]; ok {
			want[name] = source{t.Source, t.Table}
		}
	}
	if reflect.DeepEqual(want, s.sourcesOn.running) {
		return
	}
	s.stopSources()
	ctx, stop := context.WithCancel(context.Background())
	s.sourcesOn.running, s.sourcesOn.stop = want, stop
	var notes []string
	for _, name := range s.triggers {
		t, ok := want[name]
		if !ok {
			notes = append(notes, fmt.Sprintf("the program handles trigger %s, and \"triggers\" in %s "+
				"does not say where its events come from", name, project.ConfigPath))
			continue
		}
		note, err := s.startSource(ctx, name, t)
		if err != nil {
			note = fmt.Sprintf("trigger %s does not run: %v", name, err)
		}
		notes = append(notes, note)
	}
	for _, name := range slices.Sorted(maps.Keys(s.now.plan.Triggers)) {
		if !slices.Contains(s.triggers, name) {
			notes = append(notes, fmt.Sprintf("trigger %s in %s has neither a handler nor a function", name,
				project.ConfigPath))
		}
	}
	s.tell(notes)
}

// stopSources stops what startSources has started.
func (s *server) stopSources() {
	if s.sourcesOn.stop != nil {
		s.sourcesOn.stop()
		s.sourcesOn.done.Wait()
		s.sourcesOn.stop = nil
	}
}

func (s *server) startSource(
	ctx context.Context, name string, t source,
) (note string, err error) {
	switch kind, value := t.Source(); kind {
	case "schedule":
		plan, err := schedule.Parse(value)
		if err != nil {
			return "", err
		}
		s.sourcesOn.done.Go(func() { // ends with ctx
			tick(ctx, plan, func(at time.Time) { s.fire(name, at) })
		})
		return fmt.Sprintf("trigger %s runs at %s", name, value), nil
	case "http":
		return s.serveURL(ctx, name)
	case "sqs":
		return fmt.Sprintf("trigger %s gets messages by: tyg invoke --local --name %[1]s --sqs TEXT",
			name), nil
	case "sns":
		return fmt.Sprintf("trigger %s gets messages by: tyg invoke --local --name %[1]s --sns TEXT",
			name), nil
	case "dynamodb":
		return s.readStream(ctx, name, t)
	default:
		return invokeNote(name), nil
	}
}

// place is where events say that they come from.
func (s *server) eventPlace() triggerevent.Place {
	region, account := s.host.Region, s.host.AccountID
	if region == "" {
		region = "us-east-1"
	}
	if account == "" {
		account = "000000000000"
	}
	return triggerevent.Place{Region: region, AccountID: account}
}

// tick calls fire at the times of a schedule, until ctx ends or there are no more.
func tick(ctx context.Context, plan schedule.Schedule, fire func(time.Time)) {
	start := time.Now()
	for next := plan.Next(start, start); !next.IsZero(); next = plan.Next(start, next) {
		timer := time.NewTimer(time.Until(next))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		fire(next)
		if late := time.Now(); late.Sub(next) > time.Minute { // the machine slept
			next = late
		}
	}
}

// fire calls the function of a schedule. Like Lambda it tries an event that fails twice more.
func (s *server) fire(name string, at time.Time) {
	_, err := s.host.Enqueue(functions.Invocation{
		Function: name, Payload: triggerevent.Scheduled(s.eventPlace(), name, at),
	})
	s.out.trigger(name, 0, err)
}

// serveURL serves the function URL of a trigger on a port of its own until ctx ends. Who may
// request it is not checked: it listens for this machine.
func (s *server) serveURL(ctx context.Context, name string) (note string, err error) {
	l, err := s.listenURL()
	if err != nil {
		return "", err
	}
	web := webserver.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.request(w, r, name)
	}), slog.New(logHandler{printer: s.out}))
	s.sourcesOn.done.Go(func() { // ends with the listener
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.tell([]string{fmt.Sprintf("trigger %s: %v", name, err)})
		}
	})
	s.sourcesOn.done.Go(func() { // ends with ctx
		<-ctx.Done()
		_ = web.Close()
	})
	return fmt.Sprintf("trigger %s serves http://%s/", name, reachable(l.Addr())), nil
}

// urlPorts is how many ports after that of the inspector are tried for function URLs.
const urlPorts = 10

// listenURL listens on the next free port after those of the gateway and the inspector.
func (s *server) listenURL() (net.Listener, error) {
	if tcp, ok := s.clients.(*net.TCPAddr); ok {
		for port := tcp.Port + 2; port < min(tcp.Port+2+urlPorts, 65536); port++ {
			l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err == nil {
				return l, nil
			}
		}
	}
	return listen("127.0.0.1:0")
}

// request gives a request to the function of a trigger, and its reply to the client.
func (s *server) request(w http.ResponseWriter, r *http.Request, name string) {
	start := time.Now()
	event, err := triggerevent.HTTP(s.eventPlace(), r, start)
	if errors.Is(err, triggerevent.ErrTooLarge) {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		s.out.trigger(name, time.Since(start), err)
		return
	}
	var result functions.Result
	if err == nil {
		result, err = s.host.Invoke(r.Context(), functions.Invocation{Function: name, Payload: event})
	}
	if err != nil {
		http.Error(w, "Internal Server Error", http.StatusBadGateway) // as a function URL says it
	} else if err = triggerevent.Respond(w, result.Payload); err != nil {
		http.Error(w, "Internal Server Error", http.StatusBadGateway)
	}
	s.out.trigger(name, time.Since(start), err)
}
