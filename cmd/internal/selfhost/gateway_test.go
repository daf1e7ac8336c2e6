package selfhost

import (
	"net"
	"strings"
	"testing"
)

func TestListenSaysHowToChooseAnotherAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for what, want := range map[string]string{
		"addr": "--addr", "admin": `"admin": {"off": true}`,
		"invoke_addr": `choose another "invoke_addr"`,
	} {
		_, err := listen(what, l.Addr().String())
		if err == nil || !strings.HasPrefix(err.Error(), what+": "+l.Addr().String()+" is in use") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("the error of %s is %v, want %q in it", what, err, want)
		}
	}
}
