package selfhost

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tyg-dev/tyg/internal/ledgerfile"
)

// openFile opens the file of disconnects of a gateway that is in no cluster, if it is to lose none.
func (g *Gateway) openFile() error {
	if !g.cfg.atLeastOnce() || g.cfg.Joins() {
		return nil
	}
	name := cmp.Or(g.cfg.DisconnectsFile, filepath.Join(stateDir(), "disconnects.log"))
	f, err := ledgerfile.Open(g.cfg.path(name), g.log)
	if errors.Is(err, ledgerfile.ErrInUse) {
		return fmt.Errorf(`%w with --disconnects-file or "disconnects_file"`, err)
	}
	if err != nil {
		return err
	}
	f.Guard(g.gateway)
	g.file = f
	g.closers = append(g.closers, f)
	return nil
}
