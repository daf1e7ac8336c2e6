// Package chattest tests the chat over real sockets.
package chattest

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
