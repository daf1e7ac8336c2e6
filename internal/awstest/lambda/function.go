package lambda

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A Function is a Lambda function as it would be started.
type Function struct {
	Name, ARN    string
	Version      string // "$LATEST", or the number of a published version
	Role         string // name
	Runtime      string // "provided.al2023"
	Handler      string
	Architecture string // "arm64" or "x86_64"
	Zip          []byte // it must not be changed
	Environment  map[string]string
	Timeout      time.Duration
	Memory       int64 // MB
}

// principal is Lambda as the trust policy of a role names it.
const principal = "lambda.amazonaws.com"

// Invocable returns the function with an ARN if API Gateway could invoke it for a source, which is
// the ARN of a route or of an authorizer.
func (s *State) Invocable(arn, source string) (Function, error) {
	return s.InvocableBy("apigateway.amazonaws.com", arn, source)
}

// InvocableBy returns the function with an ARN if a service of AWS could invoke it for a source. It
// is an error if there is no such function, if it is not Active, has no role, is built for another
// architecture, or gives the service no permission.
func (s *State) InvocableBy(service, arn, source string) (Function, error) {
	f, qualifier, err := s.findQualified(wire.Params{"FunctionName": arn})
	if err != nil {
		return Function{}, fmt.Errorf("there is no function %s", arn)
	}
	v := f.at(qualifier)
	switch {
	case !f.allows(qualifier, service, source):
		return Function{}, fmt.Errorf("no permission to invoke function %s for %s",
			qualified(f.name, qualifier), source)
	case v.pending > 0:
		return Function{}, fmt.Errorf("function %s is Pending", qualified(f.name, qualifier))
	case !s.roles.Trusts(wire.Params(v.config).Str("Role"), principal):
		return Function{}, fmt.Errorf("the role of function %s cannot be assumed by Lambda", f.name)
	}
	public := f.public(v)
	return public, public.runs()
}

// at returns what a qualifier leads to: a version, the first of an alias, or $LATEST.
func (f *function) at(qualifier string) *version {
	if a := f.aliases[qualifier]; a != nil {
		qualifier = a.version
	}
	if v := f.version(qualifier); v != nil {
		return v
	}
	return &version{number: latest, config: f.config, zip: f.zip, pending: f.pending}
}

// Canary returns what the alias of an ARN leads a share of the events to, and the share.
func (s *State) Canary(arn string) (second Function, share float64) {
	f, qualifier, err := s.findQualified(wire.Params{"FunctionName": arn})
	if err != nil || f.aliases[qualifier] == nil || f.aliases[qualifier].second == "" {
		return Function{}, 0
	}
	a := f.aliases[qualifier]
	return f.public(f.version(a.second)), a.weight
}

// RoleAllows tells whether the role of the function with a name allows an action on a resource.
func (s *State) RoleAllows(name, action, resource string) bool {
	f := s.functions[name]
	return f != nil && s.roles.Allows(wire.Params(f.config).Str("Role"), action, resource)
}

// public returns a version of the function as tests see it.
func (f *function) public(v *version) Function {
	config := wire.Params(v.config)
	_, role, _ := strings.Cut(config.Str("Role"), ":role/")
	return Function{
		Name: f.name, ARN: f.arn, Version: v.number, Role: role[strings.LastIndex(role, "/")+1:],
		Runtime: config.Str("Runtime"), Handler: config.Str("Handler"),
		Architecture: config.Strs("Architectures")[0], Zip: v.zip,
		Environment: config.Obj("Environment").StrMap("Variables"),
		Timeout:     time.Duration(config.Num("Timeout")) * time.Second,
		Memory:      config.Num("MemorySize"),
	}
}

// runs returns an error if the bootstrap is an ELF file for another architecture than the
// function's, to which Lambda answers every event with Runtime.InvalidEntrypoint.
func (f Function) runs() error {
	archive, err := zip.NewReader(bytes.NewReader(f.Zip), int64(len(f.Zip)))
	if err != nil {
		return fmt.Errorf("function %s: open zip: %w", f.Name, err)
	}
	file, err := archive.Open("bootstrap")
	if err != nil {
		return nil // the runtime starts another program
	}
	defer file.Close()
	head := make([]byte, 20) // up to e_machine of an ELF header
	if _, err := io.ReadFull(file, head); err != nil || !bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		return nil // a script
	}
	wanted := map[string]elf.Machine{"arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64}
	if is := elf.Machine(binary.LittleEndian.Uint16(head[18:])); is != wanted[f.Architecture] {
		return fmt.Errorf("function %s is for %s, its bootstrap for %s", f.Name, f.Architecture, is)
	}
	return nil
}
