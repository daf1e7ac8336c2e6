package gateway_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

func TestTimeScale(t *testing.T) {
	const talk = 500 * time.Millisecond
	tests := []struct {
		name   string
		scale  float64
		limits gateway.Limits
		every  time.Duration // between messages of the client; 0: none come
		want   time.Duration // until 1001
	}{
		{"idle", 600, gateway.Limits{}, 0, time.Second},
		{"life", 600, gateway.Limits{}, talk, 12 * time.Second},
		{"own limit", 3600, gateway.Limits{Idle: time.Hour}, 0, time.Second},
		{"no limit", 600, gateway.Limits{Idle: -1}, 0, 12 * time.Second},
		{"slower", 0.5, gateway.Limits{}, 0, 20 * time.Minute},
		{"none", 0, gateway.Limits{}, 0, 10 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := &gateway.Server{Handler: echo(), TimeScale: tt.scale, Limits: tt.limits}
				c, start := startPipes(t, srv, nil).dial(t), time.Now()
				e := c.record()
				for tt.every > 0 && time.Since(start) < tt.want-tt.every {
					time.Sleep(tt.every)
					c.send(t, "busy")
				}
				e.wantEnd(t, start, tt.want, ws.CloseGoingAway, "Going away")
				if d := e.at.Sub(start); d > tt.want+tt.want/10 {
					t.Errorf("connection ended after %v, want %v", d, tt.want)
				}
			})
		})
	}
}

func TestTimeScaleIntegration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan tyg.Event, 2)
		h := slow(events, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		w := startPipes(t, &gateway.Server{Handler: h, TimeScale: 29}, nil).wire(t)
		start := time.Now()
		w.write(t, string(clientFrame(ws.OpText, true, "slow")))
		w.expect(t, timedOutFrame(<-events))
		if d := time.Since(start); d < time.Second || d > 1100*time.Millisecond {
			t.Errorf("timed out after %v, want 1s", d)
		}
	})
}
