package tyg

import "io/fs"

// Pages makes hosts that serve HTTP serve the files of web pages beside the WebSocket: "/" is
// index.html, "/style.css" is style.css. A page finds the WebSocket at its own address, under the
// stage as the path: "/api/". An [embed.FS] puts files into the program:
//
//	//go:embed page
//	var page embed.FS
//
//	files, _ := fs.Sub(page, "page")
//	app.Pages(files)
//
// On AWS an API for WebSockets serves no pages: put them where your other pages are, and name their
// address in the origins. A second call panics.
func (a *App) Pages(files fs.FS) {
	if files == nil {
		panic("tyg: nil pages")
	}
	if a.pages != nil {
		panic("tyg: an App has pages already")
	}
	a.pages = files
}
