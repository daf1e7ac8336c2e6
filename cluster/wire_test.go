package cluster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"testing"

	"github.com/tyg-dev/tyg"
)

func fullCommand() command {
	return command{
		op: opStore, from: 0xABCDEF, seq: 1 << 60, deadline: 1 << 61,
		ids:   []tyg.ConnID{"AAAAAAAAAAAAAAA=", "BBBBBBBBBBBBBBA="},
		group: "room/é", data: []byte("data"), kind: tyg.Binary, except: []tyg.ConnID{"CCCCCCCCCCCCCCA="},
		number: uint64(tyg.AnyRevision), reason: "reason",
	}
}

func fullReply() reply {
	return reply{
		code: codeOther, text: "text", data: []byte("data"), number: 1 << 63, flag: true,
		failed: []failure{{0, codeGone}, {300, codeThrottled}},
	}
}

func TestWireKeepsAllFields(t *testing.T) {
	for _, want := range []command{fullCommand(), {op: opPing}} {
		got, err := decodeCommand(want.encode())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	for _, want := range []reply{fullReply(), {}} {
		got, err := decodeReply(want.encode())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
}

// TestWireOfOtherVersions decodes what a later node sends: an unknown field is skipped, an unknown
// version refused.
func TestWireOfOtherVersions(t *testing.T) {
	c, r := fullCommand(), fullReply()
	const unknownTag = 100
	got, err := decodeCommand(appendField(c.encode(), unknownTag, "new"))
	if err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("with an unknown field: %+v, %v", got, err)
	}
	answer, err := decodeReply(appendField(r.encode(), unknownTag, "new"))
	if err != nil || !reflect.DeepEqual(answer, r) {
		t.Errorf("with an unknown field: %+v, %v", answer, err)
	}
	later := c.encode()
	later[0]++
	if _, err := decodeCommand(later); !errors.Is(err, errVersion(2)) {
		t.Errorf("of a later version: %v", err)
	}
	h, inc, ok := decodeHeartbeat([]byte(`{"v":9,"inc":"00000a","new":[1,{}]}`))
	if !ok || inc != 10 || h.Version != 9 {
		t.Errorf("heartbeat of a later version: %+v, %v, %v", h, inc, ok)
	}
}

// TestCodesOfErrors checks that each error is the same on the other node.
func TestCodesOfErrors(t *testing.T) {
	for _, want := range []error{
		tyg.ErrGone, tyg.ErrThrottled, tyg.ErrTooLarge, tyg.ErrNotText, tyg.ErrBinary, tyg.ErrInvalidID,
		tyg.ErrConflict, tyg.ErrUnavailable, tyg.ErrOutcomeUnknown, errors.ErrUnsupported, nil,
	} {
		sent := failed(&tyg.ConnError{Op: "send", Err: want})
		if want == nil {
			sent = failed(nil)
		}
		r, err := decodeReply(sent.encode())
		if err != nil || !errors.Is(r.err(), want) {
			t.Errorf("%v arrives as %v, %v", want, r.err(), err)
		}
	}
	r, err := decodeReply((&reply{code: codeOther, text: "disk full"}).encode())
	if err != nil || r.err() == nil || r.err().Error() != "the node of the connection: disk full" {
		t.Errorf("another error arrives as %v, %v", r.err(), err)
	}
}

func TestWindow(t *testing.T) {
	var w window
	for _, step := range []struct {
		seq  uint64
		want verdict
	}{
		{1, execute},
		{1, repeated},
		{5, execute},
		{3, late},
		{3, late},
		{5, repeated},
		{5 + windowSize - 1, execute},
		{5, repeated}, // just inside
		{6, late},
		{10 + 2*windowSize, execute},
		{5 + windowSize - 1, repeated}, // too old to know
		{10 + windowSize + 11, late},
	} {
		if got := w.judge(step.seq); got != step.want {
			t.Errorf("command %d: %d, want %d", step.seq, got, step.want)
		}
	}
}

func FuzzWire(f *testing.F) {
	c, r := fullCommand(), fullReply()
	f.Add(c.encode())
	f.Add(r.encode())
	f.Add([]byte{wireVersion, byte(opSend)})
	f.Add(binary.AppendUvarint(append(r.encode(), tagFailed), 1<<40))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := decodeCommand(b); err == nil {
			again, err := decodeCommand(c.encode())
			if err != nil || !bytes.Equal(again.data, c.data) || len(again.ids) != len(c.ids) {
				t.Errorf("%+v becomes %+v, %v", c, again, err)
			}
		}
		if r, err := decodeReply(b); err == nil {
			if _, err := decodeReply(r.encode()); err != nil {
				t.Error(err)
			}
		}
		_, _, _ = decodeHeartbeat(b)
	})
}
