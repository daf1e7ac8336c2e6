package admin

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// processMetrics returns what is known of this process, by the names that Prometheus's client for
// Go has given to it.
func processMetrics(began time.Time) []Metric {
	list := []Metric{
		{
			Name: "go_info", Help: "The version of Go.", Number: 1,
			Labels: []Label{{"version", runtime.Version()}},
		},
		{
			Name: "go_goroutines", Help: "Goroutines that exist.", Number: float64(runtime.NumGoroutine()),
		},
		{
			Name: "process_start_time_seconds", Help: "When the process started, in Unix time.",
			Number: float64(began.UnixMilli()) / 1000,
		},
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		list = append(list, Metric{
			Name: "go_build_info", Help: "The main module of the program.", Number: 1,
			Labels: []Label{{"path", info.Main.Path}, {"version", info.Main.Version}},
		})
	}
	return append(append(list, heapMetrics()...), systemMetrics()...)
}

// heapMetrics returns what the runtime counts, without stopping the program for it.
func heapMetrics() []Metric {
	const objects, unused = "/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes"
	samples := []metrics.Sample{
		{Name: objects},
		{Name: unused},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/gc/heap/goal:bytes"},
		{Name: "/gc/heap/objects:objects"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	n := func(i int) float64 {
		if samples[i].Value.Kind() != metrics.KindUint64 {
			return 0 // a later runtime lacks it
		}
		return float64(samples[i].Value.Uint64())
	}
	return []Metric{
		{Name: "go_memstats_heap_alloc_bytes", Help: "Bytes of objects on the heap.", Number: n(0)},
		{
			Name: "go_memstats_heap_inuse_bytes", Help: "Bytes of spans of the heap that are in use.",
			Number: n(0) + n(1),
		},
		{Name: "go_memstats_sys_bytes", Help: "Bytes that the runtime has mapped.", Number: n(2)},
		{
			Name: "go_memstats_alloc_bytes_total", Help: "Bytes that were allocated on the heap.",
			Number: n(3), Kind: Counter,
		},
		{
			Name: "go_memstats_next_gc_bytes", Help: "The heap at which the next collection begins.",
			Number: n(4),
		},
		{Name: "go_memstats_heap_objects", Help: "Objects on the heap.", Number: n(5)},
		{
			Name: "go_gc_cycles_total_gc_cycles_total", Help: "Collections that have ended.", Number: n(6),
			Kind: Counter,
		},
	}
}
