package natskv

import (
	"cmp"
	"path"
	"regexp"
	"runtime/debug"
)

// FromEnvironment returns the Config that the environment names, as getenv, which is os.Getenv,
// reads it:
//
//	TYG_NATS_URL          Config.URL
//	TYG_NATS_CREDENTIALS  Config.CredentialsFile
//	TYG_NATS_BUCKET       Config.Bucket, the name of the program's package by default
//	TYG_NATS_INSECURE=1   Config.Insecure
func FromEnvironment(getenv func(string) string) Config {
	return Config{
		URL:             getenv("TYG_NATS_URL"),
		CredentialsFile: getenv("TYG_NATS_CREDENTIALS"),
		Insecure:        getenv("TYG_NATS_INSECURE") == "1",
		Bucket:          cmp.Or(getenv("TYG_NATS_BUCKET"), program()),
	}
}

// program returns the name of the program's package, in the alphabet of buckets, or nothing. Unlike
// the name of the file, it is the same wherever the program was built.
func program() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return regexp.MustCompile(`[^A-Za-z0-9_-]+`).ReplaceAllString(path.Base(info.Path), "-")
}

// ValuesFromEnvironment is FromEnvironment for [OpenValues], whose bucket is another one than the
// Store's: its name ends with "-values".
func ValuesFromEnvironment(getenv func(string) string) Config {
	cfg := FromEnvironment(getenv)
	if cfg.Bucket != "" {
		cfg.Bucket += "-" + defaultValuesBucket
	}
	return cfg
}
