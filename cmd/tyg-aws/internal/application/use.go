package application

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"strings"
)

// GroupUse is what a program uses of groups. Groups is also for presence, values and states.
type GroupUse struct{ Groups, Everyone bool }

// rootPrefix begins the names of the functions of package tyg.
const rootPrefix = "github.com/tyg-dev/tyg."

// UseOf finds it in a program for Linux, by the names of functions, which the Go linker keeps, also
// with -s -w. A value or a state leaves a name such as NewValue[go.shape.int]. The names of methods
// do not tell: the linker also keeps methods that no code calls, where an interface has one like
// it, and all of them where a package such as text/template calls methods by their names. So a
// method is used if a function outside of package tyg calls it.
//
// A program whose names were changed, or that calls groups through an interface only, seems to use
// nothing; then the key groups of the configuration decides.
func UseOf(program []byte) GroupUse {
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return GroupUse{}
	}
	table := functionTable(file)
	has := func(name string) bool { return bytes.Contains(table, []byte("\x00"+rootPrefix+name)) }
	use := calls(file, table)
	// A constructor that was inlined may have left no instruction, and then a method has.
	values := has("NewValue[") || has("NewState[") || has("(*Value[") || has("(*State[")
	use.Groups = use.Groups || use.Everyone || values
	return use
}

// functionTable returns the section with the table of functions, in which names are between zero
// bytes, or nil. In position independent programs it is called .data.rel.ro.gopclntab.
// (https://go.dev/src/internal/abi/symtab.go, https://go.dev/src/cmd/link/internal/ld/pcln.go)
func functionTable(file *elf.File) []byte {
	for _, section := range file.Sections {
		if !strings.HasSuffix(section.Name, ".gopclntab") {
			continue
		}
		if data, err := section.Data(); err == nil {
			return data
		}
	}
	return nil
}

// calls finds the methods that are called from outside of package tyg.
func calls(file *elf.File, table []byte) (use GroupUse) {
	text := file.Section(".text")
	if text == nil {
		return use
	}
	code, err := text.Data()
	if err != nil {
		return use
	}
	functions, err := gosym.NewTable(nil, gosym.NewLineTable(table, text.Addr))
	if err != nil {
		return use
	}
	ours := make(map[uint64]string)
	for _, fn := range functions.Funcs {
		if name, ok := strings.CutPrefix(fn.Name, rootPrefix); ok {
			ours[fn.Entry] = name
			if strings.HasSuffix(name, "-fm") { // a method as a value, of which each is used
				use.add(name)
			}
		}
	}
	for _, fn := range functions.Funcs {
		from, to := fn.Entry-text.Addr, fn.End-text.Addr
		if ours[fn.Entry] != "" || from > to || to > uint64(len(code)) {
			continue
		}
		for target := range callsIn(file.Machine, code[from:to], fn.Entry) {
			use.add(ours[target])
		}
	}
	return use
}

// add notes that a function of package tyg is used, "" for one of another package.
func (u *GroupUse) add(name string) {
	name = strings.TrimSuffix(name, "-fm")
	u.Everyone = u.Everyone || name == "(*App).Everyone"
	u.Groups = u.Groups || strings.HasPrefix(name, "(*Group).") && name != "(*Group).Name"
}

// callsIn yields the targets of the direct calls in the code of a function. On x86-64, where
// instructions begin anywhere, it may also yield others.
func callsIn(machine elf.Machine, code []byte, at uint64) func(yield func(uint64) bool) {
	return func(yield func(uint64) bool) {
		switch machine {
		case elf.EM_AARCH64: // BL: 100101, and the distance in words
			for n := 0; n+4 <= len(code); n += 4 {
				word := binary.LittleEndian.Uint32(code[n:])
				distance := int64(int32(word<<6)) >> 4
				if word>>26 == 0b100101 && !yield(at+uint64(n)+uint64(distance)) {
					return
				}
			}
		case elf.EM_X86_64: // CALL: E8, and the distance from the next instruction
			for n := 0; n+5 <= len(code); n++ {
				distance := int64(int32(binary.LittleEndian.Uint32(code[n+1:])))
				if code[n] == 0xe8 && !yield(at+uint64(n+5)+uint64(distance)) {
					return
				}
			}
		}
	}
}
