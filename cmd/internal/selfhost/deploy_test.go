package selfhost

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
	"github.com/tyg-dev/tyg/internal/clustermetrics"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/ledgerfile"
	"github.com/tyg-dev/tyg/internal/natsnodes"
)

// deployFile reads a file of the folder deploy.
func deployFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../../deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// documents parses all documents of a YAML file, strictly.
func documents(t *testing.T, name string) (all []map[string]any) {
	t.Helper()
	for d := yaml.NewDecoder(bytes.NewReader(deployFile(t, name))); ; {
		var doc map[string]any
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, doc)
	}
}

// at returns what a document has at a path, such as "spec.template.spec.containers.0.name".
func at(t *testing.T, doc any, path string) any {
	t.Helper()
	for key := range strings.SplitSeq(path, ".") {
		switch is := doc.(type) {
		case map[string]any:
			doc = is[key]
		case []any:
			n, err := strconv.Atoi(key)
			if err != nil || n >= len(is) {
				t.Fatalf("there is no %s in %v", key, is)
			}
			doc = is[n]
		}
		if doc == nil {
			t.Fatalf("there is no %s on the way of %s", key, path)
		}
	}
	return doc
}

// metricNames returns what /metrics of a gateway with a function has.
func metricNames(t *testing.T) map[string]bool {
	t.Helper()
	srv := &gateway.Server{Handler: tyg.New("app")}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = srv.Shutdown(t.Context()) }()
	a := admin.New(admin.Config{
		APIID: "a", Stage: "s", Gateway: srv.Stats,
		IsAnswer: isAnswer,
		Metrics: []func() []admin.Metric{
			func() []admin.Metric { return metricsOf("f", functions.Stats{}) },
			func() []admin.Metric {
				return clustermetrics.Of(cluster.Stats{Nodes: map[string]int{"alive": 1}})
			},
			func() []admin.Metric { return admin.OfFile(ledgerfile.Stats{}) },
		},
	})
	trace := a.Trace()
	trace.Refused(403, "no")
	failed := []error{&functions.FunctionError{}, &functions.ExitError{}}
	for _, err := range failed {
		trace.Handled(tyg.Event{Route: "$default"}, time.Second, err)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	names := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^([a-zA-Z_]+)[ {]`).FindAllStringSubmatch(
		w.Body.String(), -1) {
		names[m[1]] = true
	}
	if !names["tyg_connections"] || !names["IntegrationLatency_bucket"] {
		t.Fatalf("the metrics are %s", w.Body)
	}
	return names
}

var (
	matchers = regexp.MustCompile(`\{[^}]*\}|\bby \([^)]*\)|"[^"]*"`)
	metric   = regexp.MustCompile(
		`\b(?:tyg|go|process)_\w+|\b[A-Z]\w*(?:Count|Error|Latency)\w*`)
)

// checkMetrics checks that each metric of an expression exists, and that there is one.
func checkMetrics(t *testing.T, where, expr string, exist map[string]bool) {
	t.Helper()
	found := metric.FindAllString(matchers.ReplaceAllString(expr, ""), -1)
	if len(found) == 0 {
		t.Errorf("%s: %q has no metric", where, expr)
	}
	for _, name := range found {
		if !exist[name] {
			t.Errorf("%s: no gateway has the metric %s", where, name)
		}
	}
}

func TestDashboardHasMetricsThatExist(t *testing.T) {
	var dashboard struct {
		Title, UID    string
		SchemaVersion int
		Panels        []struct {
			ID          int
			Title, Type string
			GridPos     struct{ H, W, X, Y int }
			Targets     []struct{ Expr, RefID string }
		}
		Templating struct {
			List []struct{ Name, Type, Query string }
		}
	}
	if err := json.Unmarshal(deployFile(t, "grafana/tyg.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	if dashboard.Title == "" || dashboard.UID == "" || dashboard.SchemaVersion == 0 {
		t.Errorf("the dashboard is %q, %q, version %d", dashboard.Title, dashboard.UID,
			dashboard.SchemaVersion)
	}
	exist, ids := metricNames(t), make(map[int]bool)
	var all strings.Builder
	for _, p := range dashboard.Panels {
		if p.Title == "" || p.Type == "" || ids[p.ID] || p.GridPos.W == 0 || len(p.Targets) == 0 {
			t.Errorf("panel %d, %q, is incomplete", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			checkMetrics(t, p.Title, target.Expr, exist)
			all.WriteString(target.Expr + "\n")
		}
	}
	for _, v := range dashboard.Templating.List {
		if v.Type == "query" {
			checkMetrics(t, "variable "+v.Name, v.Query, exist)
		}
	}
	if len(ids) < 10 {
		t.Errorf("the dashboard has %d panels", len(ids))
	}
	for name := range exist {
		ours := strings.HasPrefix(name, "tyg_cluster_") || strings.HasPrefix(name, "tyg_disconnects_")
		if ours && !strings.Contains(all.String(), name+"{") {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// leaves checks that what stops a gateway gives it the time that it takes to stop.
func leaves(t *testing.T, where string, grace time.Duration, config []byte, other time.Duration) {
	t.Helper()
	all, err := project.ParseConfig(config)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	c, err := newConfig(all, Source{Stage: "prod"})
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	if err := c.checkDrain(); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	takes := span(c.Drain) + span(c.DrainDelay) + other + 5*time.Second
	if grace < takes {
		t.Errorf("%s ends the gateway after %v, which takes %v", where, grace, takes)
	}
	if project.On(c.Admin.Off) || strings.HasPrefix(c.Admin.Addr, "127.") {
		t.Errorf("%s: /readyz at %s is out of reach", where, c.Admin.Addr)
	}
}

// container is the path of the container of a pod.
const container = "containers.0."

// manifests returns the documents of a file by their kinds, and that of a headless Service as
// "nodes". It checks what all gateways on Kubernetes have in common, whose kind is that of pods.
func manifests(t *testing.T, name, pods string) (byKind map[string]map[string]any, spec any) {
	t.Helper()
	byKind = make(map[string]map[string]any)
	for _, doc := range documents(t, name) {
		kind := at(t, doc, "kind").(string)
		_, named := at(t, doc, "metadata").(map[string]any)["name"]
		if !named || at(t, doc, "apiVersion") == "" {
			t.Errorf("%s: a %s has no name", name, kind)
		}
		if kind == "Service" && at(t, doc, "spec").(map[string]any)["clusterIP"] != nil {
			kind = "nodes"
		}
		if byKind[kind] != nil {
			t.Errorf("%s: %s is there twice", name, kind)
		}
		byKind[kind] = doc
	}
	for where, path := range map[string]string{
		pods: "spec.selector.matchLabels.app", "Service": "spec.selector.app",
		"PodDisruptionBudget": "spec.selector.matchLabels.app",
	} {
		label := at(t, byKind[pods], "spec.template.metadata.labels.app")
		if got := at(t, byKind[where], path); got != label {
			t.Errorf("%s: %s selects the app %v", name, where, got)
		}
	}
	spec = at(t, byKind[pods], "spec.template.spec")
	leaves(t, name, time.Duration(at(t, spec, "terminationGracePeriodSeconds").(int))*time.Second,
		configOf(t, byKind["ConfigMap"]),
		time.Duration(at(t, spec, container+"lifecycle.preStop.sleep.seconds").(int))*time.Second)
	for path, want := range map[string]any{
		container + "readinessProbe.httpGet.path": "/readyz",
		container + "livenessProbe.httpGet.path":  "/livez",
		container + "ports.0.containerPort":       8000,
		container + "ports.1.containerPort":       9090,
	} {
		if got := at(t, spec, path); got != want {
			t.Errorf("%s: %s is %v, want %v", name, path, got, want)
		}
	}
	if got := at(t, byKind["PodDisruptionBudget"], "spec.maxUnavailable"); got != 1 {
		t.Errorf("%s: %v pods may be missing", name, got)
	}
	return byKind, spec
}

// configOf returns the configuration in a ConfigMap.
func configOf(t *testing.T, doc any) []byte {
	t.Helper()
	return []byte(at(t, doc, "data").(map[string]any)["config.json"].(string))
}

func TestKubernetesManifests(t *testing.T) {
	byKind, _ := manifests(t, "kubernetes/gateway.yaml", "Deployment")
	scaler := byKind["HorizontalPodAutoscaler"]
	if at(t, scaler, "spec.scaleTargetRef.name") != "tyg" {
		t.Error("the autoscaler scales something else")
	}
	exist := metricNames(t)
	name := at(t, scaler, "spec.metrics.0.pods.metric.name").(string)
	checkMetrics(t, "the autoscaler", name, exist)
	rule := at(t, documents(t, "kubernetes/prometheus-adapter.yaml")[0], "rules.custom.0")
	checkMetrics(t, "the adapter", at(t, rule, "seriesQuery").(string), exist)
	if at(t, rule, "name.as") != name {
		t.Errorf("the adapter makes no %s", name)
	}
}

// TestEmbeddedKubernetesManifests checks that the pods of the StatefulSet are the nodes that its
// configuration names, and that each can start.
func TestEmbeddedKubernetesManifests(t *testing.T) {
	byKind, spec := manifests(t, "kubernetes/embedded.yaml", "StatefulSet")
	set, names := byKind["StatefulSet"], byKind["nodes"]
	if at(t, set, "spec.serviceName") != at(t, names, "metadata.name") ||
		at(t, names, "spec.clusterIP") != "None" ||
		at(t, names, "spec.publishNotReadyAddresses") != true ||
		at(t, set, "spec.podManagementPolicy") != "Parallel" {
		t.Error("nodes cannot find each other before they are ready")
	}
	var nodes []string
	for i := range at(t, set, "spec.replicas").(int) {
		nodes = append(nodes, fmt.Sprintf("%v-%d.%v",
			at(t, set, "metadata.name"), i, at(t, names, "metadata.name")))
	}
	for path, want := range map[string]any{
		container + "env.0.name":            passwordVariable,
		container + "volumeMounts.0.name":   at(t, set, "spec.volumeClaimTemplates.0.metadata.name"),
		container + "ports.2.containerPort": at(t, names, "spec.ports.0.port"),
	} {
		if got := at(t, spec, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	certificate := checkCertificate(t, nodes)
	if got := at(t, spec, "volumes.1.secret.secretName"); got != certificate {
		t.Errorf("the certificate is in the secret %v, want %s", got, certificate)
	}
	mounts := at(t, spec, container+"volumeMounts").([]any)
	dir := writeNodeCertificate(t)
	config := strings.NewReplacer(
		at(t, mounts[2], "mountPath").(string), filepath.ToSlash(dir),
		`"listen"`, `"node": "`+nodes[2]+`", "listen"`,
	).Replace(string(configOf(t, byKind["ConfigMap"])))
	t.Setenv(passwordVariable, "p")
	p, err := placeOfFile(t, config)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Embedded.Nodes, natsnodes.Addresses(nodes)) || p.Embedded.TLS == nil ||
		!strings.HasPrefix(p.Dir, at(t, mounts[0], "mountPath").(string)+"/") {
		t.Errorf("the place is %+v with the nodes %q, want %q", p, p.Embedded.Nodes, nodes)
	}
	for i, node := range p.Embedded.Nodes {
		pod := fmt.Sprintf("%v-%d", at(t, set, "metadata.name"), i)
		if got := natsnodes.Of(pod, p.Embedded.Nodes); got != node {
			t.Errorf("the pod %s is the node %q, want %s", pod, got, node)
		}
	}
}

// checkCertificate checks the certificate of cert-manager, and returns the secret that it is in.
func checkCertificate(t *testing.T, nodes []string) (secret string) {
	t.Helper()
	secrets := make(map[any]bool) // that a certificate is in, and issuers
	var last any
	for _, doc := range documents(t, "kubernetes/embedded-certificate.yaml") {
		switch spec := at(t, doc, "spec").(map[string]any); at(t, doc, "kind") {
		case "Issuer":
			secrets[at(t, doc, "metadata.name")] = true
			if spec["ca"] != nil && !secrets[at(t, doc, "spec.ca.secretName")] {
				t.Error("the authority is not there")
			}
		case "Certificate":
			if !secrets[at(t, doc, "spec.issuerRef.name")] {
				t.Errorf("no issuer signs %v", at(t, doc, "metadata.name"))
			}
			secrets[at(t, doc, "spec.secretName")] = true
			last = doc
		}
	}
	for i, name := range at(t, last, "spec.dnsNames").([]any) {
		if name != nodes[i] {
			t.Errorf("the certificate is for %v, want %s", name, nodes[i])
		}
	}
	if n := len(at(t, last, "spec.dnsNames").([]any)); n != len(nodes) {
		t.Errorf("the certificate is for %d nodes of %d", n, len(nodes))
	}
	usages := fmt.Sprint(at(t, last, "spec.usages"))
	if !strings.Contains(usages, "server auth") || !strings.Contains(usages, "client auth") {
		t.Errorf("the certificate is for %s", usages)
	}
	return at(t, last, "spec.secretName").(string)
}

// writeNodeCertificate returns a folder with a certificate that has signed itself, as cert-manager
// names its files.
func writeNodeCertificate(t *testing.T) (dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: cert}, "ca.crt": {Type: "CERTIFICATE", Bytes: cert},
		"tls.key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestComposeFile(t *testing.T) {
	file := documents(t, "compose/compose.yaml")[0]
	config := deployFile(t, "compose/config.json")
	proxy := string(deployFile(t, "compose/haproxy.cfg"))
	scrape := at(t, documents(t, "prometheus/prometheus.yml")[0],
		"scrape_configs.0.static_configs.0.targets").([]any)
	for i, name := range []string{"gateway1", "gateway2", "gateway3"} {
		service := at(t, file, "services."+name)
		grace, err := time.ParseDuration(at(t, service, "stop_grace_period").(string))
		if err != nil {
			t.Fatal(err)
		}
		leaves(t, name, grace, config, 0)
		if !strings.Contains(proxy, "server "+name+" "+name+":8000\n") {
			t.Errorf("the proxy knows no %s", name)
		}
		if scrape[i] != name+":9090" {
			t.Errorf("Prometheus scrapes %v", scrape)
		}
	}
	for _, name := range []string{"nats", "proxy", "prometheus"} {
		at(t, file, "services."+name+".image")
	}
}

func TestSystemdUnit(t *testing.T) {
	unit := string(deployFile(t, "systemd/tyg.service"))
	m := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`).FindStringSubmatch(unit)
	if m == nil {
		t.Fatal("the unit has no TimeoutStopSec")
	}
	seconds, _ := strconv.Atoi(m[1])
	c, err := parse(Example)
	if err != nil {
		t.Fatal(err)
	}
	takes := span(c.Drain) + span(c.DrainDelay)
	if grace := time.Duration(seconds) * time.Second; grace < takes+5*time.Second {
		t.Errorf("systemd ends the gateway of the example after %v, which takes %v", grace, takes)
	}
	for _, text := range []string{unit, string(deployFile(t, "systemd/cluster.conf"))} {
		section := ""
		for line := range strings.SplitSeq(text, "\n") {
			switch {
			case line == "" || strings.HasPrefix(line, "# ") || line == "#":
			case strings.HasPrefix(line, "["):
				section = line
			case section == "" || !regexp.MustCompile(`^#?[A-Z][A-Za-z]+=\S`).MatchString(line):
				t.Errorf("%q is no line of a unit", line)
			}
		}
	}
}

// Gateways beside each other have to be one, or they reach a part of the clients each.
func TestGatewaysOfContainersAreOne(t *testing.T) {
	for name, joins := range map[string]string{
		"compose/compose.yaml": `\bTYG_NATS\b`, "kubernetes/gateway.yaml": `\bTYG_NATS\b`,
		"kubernetes/embedded.yaml": `"nats": "embedded",\s+"cluster": \{\s+"nodes"`,
	} {
		if !regexp.MustCompile(joins).Match(deployFile(t, name)) {
			t.Errorf("%s: gateways do not join", name)
		}
	}
	if !strings.Contains(string(deployFile(t, "Dockerfile")), "./cmd/tyg-cluster") {
		t.Error("the image lacks what joins gateways")
	}
}
