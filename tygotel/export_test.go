package tygotel

import "github.com/tyg-dev/tyg"

// InstrumentKept is Instrument. The function that it returns counts the connections that are kept.
func InstrumentKept(app *tyg.App, cfg Config) (kept func() int) {
	in := newInstrument(cfg)
	app.Use(in.middleware)
	app.UseHost(in.host)
	return func() (n int) {
		in.conns.all.Range(func(any, any) bool { n++; return true })
		return n
	}
}
