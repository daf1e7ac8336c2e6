package wsclient_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
