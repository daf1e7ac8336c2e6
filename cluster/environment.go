package cluster

import (
	"fmt"
	"strconv"
)

// FromEnvironment returns the Config that the environment names, as getenv, which is os.Getenv,
// reads it:
//
//	TYG_NATS_URL          Config.URL
//	TYG_NATS_CREDENTIALS  Config.CredentialsFile
//	TYG_NATS_INSECURE=1   Config.Insecure
//	TYG_NATS_REPLICAS     Config.Replicas
//	TYG_CLUSTER           Config.Name
//	TYG_CLUSTER_KEY       Config.Key
//	TYG_CLUSTER_SHARDS    Config.Shards
//	TYG_NODE              Config.Node
//	TYG_DISCONNECTS       Config.Disconnects
func FromEnvironment(getenv func(string) string) (Config, error) {
	cfg := Config{
		URL:             getenv("TYG_NATS_URL"),
		CredentialsFile: getenv("TYG_NATS_CREDENTIALS"),
		Insecure:        getenv("TYG_NATS_INSECURE") == "1",
		Name:            getenv("TYG_CLUSTER"),
		Key:             []byte(getenv("TYG_CLUSTER_KEY")),
		Node:            getenv("TYG_NODE"),
	}
	if err := cfg.Disconnects.UnmarshalText([]byte(getenv("TYG_DISCONNECTS"))); err != nil {
		return cfg, fmt.Errorf("environment variable TYG_DISCONNECTS: %w", err)
	}
	for name, to := range map[string]*int{
		"TYG_NATS_REPLICAS": &cfg.Replicas, "TYG_CLUSTER_SHARDS": &cfg.Shards,
	} {
		text := getenv(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return cfg, fmt.Errorf("%s is %q; use a number above 0", name, text)
		}
		*to = n
	}
	return cfg, nil
}
