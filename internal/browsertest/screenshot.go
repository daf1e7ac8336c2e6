package browsertest

import (
	"encoding/base64"
	"os"
)

// A Look is how a page is shown.
type Look struct {
	Width, Height int
	Dark          bool
}

// Show shows the page in another size, and light or dark.
func (p *Page) Show(l Look) {
	p.b.t.Helper()
	size := map[string]any{
		"width": l.Width, "height": l.Height, "deviceScaleFactor": 1, "mobile": l.Width < 600,
	}
	p.b.call(p.session, "Emulation.setDeviceMetricsOverride", size, nil)
	scheme := "light"
	if l.Dark {
		scheme = "dark"
	}
	media := map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}},
	}
	p.b.call(p.session, "Emulation.setEmulatedMedia", media, nil)
	p.b.call(p.session, "Page.bringToFront", nil, nil) // other pages are not drawn
	p.Eval(`void (window.drawn = false,
		requestAnimationFrame(() => requestAnimationFrame(() => { window.drawn = true; })))`)
	p.Wait(`window.drawn`) // after its events of the change
}

// Screenshot writes what the page shows to a PNG file.
func (p *Page) Screenshot(file string) {
	p.b.t.Helper()
	var shot struct{ Data string }
	p.b.call(p.session, "Page.bringToFront", nil, nil)
	p.b.call(p.session, "Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(file, data, 0o666)
	}
	if err != nil {
		p.b.t.Fatal(err)
	}
}
