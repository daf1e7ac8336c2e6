package gateway_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/paralleltest"
)

func TestMain(m *testing.M) {
	paralleltest.AtOnce(8)
	leaktest.Main(m)
}
