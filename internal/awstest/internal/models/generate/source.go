package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
)

// The model as botocore has it. What is not here is not needed.
type (
	source struct {
		Metadata struct {
			APIVersion, Protocol, SigningName, EndpointPrefix string
			JSONVersion, TargetPrefix, XMLNamespace           string
		}
		Operations map[string]*sourceOperation
		Shapes     map[string]*sourceShape
	}
	sourceOperation struct {
		HTTP struct {
			Method, RequestURI string
			ResponseCode       int
		}
		Input, Output struct {
			Shape, ResultWrapper string
			XMLNamespace         struct{ URI string }
		}
		Errors []struct{ Shape string }
	}
	sourceMember struct{ Shape, Location, LocationName string }
	sourceShape  struct {
		Type               string
		Members            map[string]*sourceMember
		Required           []string
		Payload            string
		Member, Key, Value *sourceMember
		Min, Max           *float64
		Pattern            string
		Enum               []string
		TimestampFormat    string
		Error              struct {
			Code           string
			HTTPStatusCode int
		}
	}
)

// read returns the newest model of a service, as botocore or aws-sdk-go names it.
func read(dir, service string) *source {
	files, _ := filepath.Glob(filepath.Join(dir, service, "*", "service-2.json*"))
	if len(files) == 0 {
		files, _ = filepath.Glob(filepath.Join(dir, service, "*", "api-2.json"))
	}
	if len(files) == 0 {
		log.Fatalf("%s: no model of %s", dir, service)
	}
	slices.Sort(files)
	data, err := os.ReadFile(files[len(files)-1])
	if err != nil {
		log.Fatal(err)
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		data = unzip(data)
	}
	s := &source{}
	if err := json.Unmarshal(data, s); err != nil {
		log.Fatalf("%s: %v", files[len(files)-1], err)
	}
	return s
}

func unzip(data []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		log.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		log.Fatal(err)
	}
	return out
}
