//go:build !unix

package scratch

import "io/fs"

// isOurs is true: each user has a folder for temporary files.
func isOurs(fs.FileInfo) bool { return true }
