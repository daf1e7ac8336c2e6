package lambda_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg/internal/sigv4"
	"github.com/tyg-dev/tyg/lambda"
)

// A vault is Systems Manager and Secrets Manager with a few secrets. Its first answer is a fault.
type vault struct {
	mu    sync.Mutex
	calls []string
}

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	target := r.Header.Get("X-Amz-Target")
	service := map[string]string{
		"AmazonSSM.GetParameters": "ssm", "secretsmanager.GetSecretValue": "secretsmanager",
	}[target]
	check := sigv4.Verifier{
		Service: service, Keys: func(id string) (string, bool) { return "secret", id == "key" },
	}
	v.calls = append(v.calls, target)
	_, err := check.Verify(r, body)
	switch {
	case err != nil:
		refuse(w, 403, "InvalidSignatureException", err.Error())
	case len(v.calls) == 1:
		refuse(w, 400, "ThrottlingException", "Rate exceeded")
	case service == "ssm":
		v.parameters(w, body)
	default:
		v.secret(w, body)
	}
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":"com.amazonaws#%s","message":%q}`, kind, message)
}

func (v *vault) parameters(w http.ResponseWriter, body []byte) {
	var in struct {
		Names          []string
		WithDecryption bool
	}
	if json.Unmarshal(body, &in) != nil || !in.WithDecryption || len(in.Names) > 10 {
		refuse(w, 400, "ValidationException", string(body))
		return
	}
	var found []string
	for _, name := range in.Names {
		if strings.HasPrefix(name, "/chat/") {
			found = append(found, fmt.Sprintf(`{"Name":%q,"Value":"value of %s"}`, name, name))
		}
	}
	fmt.Fprintf(w, `{"Parameters":[%s]}`, strings.Join(found, ","))
}

func (v *vault) secret(w http.ResponseWriter, body []byte) {
	var in struct{ SecretId string } //nolint:revive // AWS's name
	_ = json.Unmarshal(body, &in)
	secrets := map[string]string{
		"db":    `"{\"user\": \"tea\", \"port\": 5432}"`,
		"plain": `"hush"`,
	}
	if secrets[in.SecretId] == "" {
		refuse(w, 400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
		return
	}
	fmt.Fprintf(w, `{"SecretString":%s}`, secrets[in.SecretId])
}

// withVault sets the environment of a function whose secrets are in a vault.
func withVault(t *testing.T, places string) *vault {
	t.Helper()
	v := &vault{}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close)
	for name, value := range map[string]string{
		"TYG_SECRETS": places, "AWS_ENDPOINT_URL": srv.URL, "AWS_REGION": "eu-central-1",
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "", "TYG_ENDPOINT": "", "TYG_GROUPS_ENDPOINT": "",
	} {
		t.Setenv(name, value)
	}
	return v
}

// TestLoadSecrets reads variables from both services, and asks for each secret once.
func TestLoadSecrets(t *testing.T) {
	places := map[string]any{
		"DB_USER": map[string]string{"secret": "db", "key": "user"},
		"DB_PORT": map[string]string{"secret": "db", "key": "port"},
		"PLAIN":   map[string]string{"secret": "plain"},
	}
	want := map[string]string{"DB_USER": "tea", "DB_PORT": "5432", "PLAIN": "hush"}
	for i := range 12 { // more than a call may name
		name, parameter := fmt.Sprintf("P%d", i), fmt.Sprintf("/chat/%d", i)
		places[name] = map[string]string{"ssm": parameter}
		want[name] = "value of " + parameter
	}
	text, err := json.Marshal(places)
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		t.Setenv(name, "") // restored after the test
	}
	v := withVault(t, string(text))
	for range 2 {
		if err := lambda.LoadSecrets(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range want {
		if got := os.Getenv(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	slices.Sort(v.calls)
	if got := strings.Join(v.calls, " "); got != "AmazonSSM.GetParameters AmazonSSM.GetParameters "+
		"AmazonSSM.GetParameters secretsmanager.GetSecretValue secretsmanager.GetSecretValue" {
		t.Errorf("the calls are %s", got)
	}
}

// TestSecretsThatCannotBeRead: the error names the variable and where it should be, and no error
// has a value.
func TestSecretsThatCannotBeRead(t *testing.T) {
	for places, want := range map[string]string{
		`{"A": {"ssm": "/other"}}`: "Systems Manager has no parameter /other",
		`{"A": {"secret": "none"}}`: "variable A: secret none: HTTP status 400: " +
			"ResourceNotFound",
		`{"A": {"secret": "db", "key": "x"}}`:       `variable A: secret db: it has no key "x"`,
		`{"A": {"secret": "plain", "key": "user"}}`: "variable A: secret plain: it is no JSON object",
		`{"A": `: "TYG_SECRETS is no JSON",
	} {
		t.Run(want, func(t *testing.T) {
			withVault(t, places)
			err := lambda.LoadSecrets(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v, want %s", err, want)
			}
			for _, value := range []string{"hush", "tea", "5432"} {
				if err != nil && strings.Contains(err.Error(), value) {
					t.Errorf("the error has a secret: %v", err)
				}
			}
		})
	}
}
