// Package page has the files of the chat's web page. The page is a client as any other: it speaks
// the protocol of package chatlib, whose frames are lines for people, and takes them apart.
package page

import (
	"embed"
	"io/fs"
)

//go:embed *.html *.css *.js
var files embed.FS

// Files returns the files for App.Pages.
func Files() fs.FS { return files }
