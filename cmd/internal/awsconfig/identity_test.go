package awsconfig_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/awsconfig"
)

// An identity is what gives credentials: STS, IAM Identity Center and the metadata service of a
// machine, at one address.
type identity struct {
	t     *testing.T
	url   string
	home  string
	asked int // how often STS was
}

const rightCode, rightToken = "123456", "right"

func newIdentity(t *testing.T, shared string) *identity {
	t.Helper()
	i := &identity{t: t, home: t.TempDir()}
	srv := httptest.NewServer(i)
	t.Cleanup(srv.Close)
	i.url = srv.URL
	machine(t, shared, map[string]string{
		"AWS_ENDPOINT_URL_STS": i.url, "AWS_ENDPOINT_URL_SSO": i.url, "AWS_ENDPOINT_URL_SSO_OIDC": i.url,
		"HOME": i.home, "USERPROFILE": i.home, "AWS_MAX_ATTEMPTS": "1", "AWS_REGION": "us-west-2",
	})
	return i
}

// ServeHTTP serves what the SDK asks for.
func (i *identity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	switch {
	case r.PostForm.Get("Action") != "":
		i.asked++
		i.sts(w, r)
	case r.URL.Path == "/federation/credentials":
		i.portal(w, r)
	case r.URL.Path == "/token":
		w.Header().Set("X-Amzn-Errortype", "InvalidGrantException")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"Invalid grant"}`)
	case r.URL.Path == "/latest/api/token":
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
		fmt.Fprint(w, "session")
	case r.URL.Path == "/latest/meta-data/iam/security-credentials/":
		fmt.Fprint(w, "machine")
	case r.URL.Path == "/latest/meta-data/iam/security-credentials/machine":
		fmt.Fprint(w, `{"Code":"Success","AccessKeyId":"imds","SecretAccessKey":"s","Token":"t",`+
			`"Expiration":"2099-01-01T00:00:00Z"}`)
	default:
		http.NotFound(w, r)
	}
}

// sts serves AssumeRole and AssumeRoleWithWebIdentity.
func (i *identity) sts(w http.ResponseWriter, r *http.Request) {
	action, form := r.PostForm.Get("Action"), r.PostForm
	fail := func(status int, code, message string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error>"+
			"</ErrorResponse>", code, message)
	}
	switch {
	case form.Get("SerialNumber") != "" && form.Get("TokenCode") != rightCode:
		fail(http.StatusForbidden, "AccessDenied",
			"MultiFactorAuthentication failed with invalid MFA one time pass code.")
	case action == "AssumeRoleWithWebIdentity" && form.Get("WebIdentityToken") != rightToken:
		fail(http.StatusBadRequest, "ExpiredTokenException", "Token expired")
	case strings.HasSuffix(form.Get("RoleArn"), "forbidden"):
		fail(http.StatusForbidden, "AccessDenied", "User is not authorized to perform: sts:AssumeRole")
	default:
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult><Credentials><AccessKeyId>%[1]s</AccessKeyId>"+
			"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%[2]s"+
			"</Expiration></Credentials></%[1]sResult></%[1]sResponse>", action,
			time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}
}

// portal serves GetRoleCredentials of IAM Identity Center.
func (i *identity) portal(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, code string) {
		w.Header().Set("X-Amzn-Errortype", code)
		w.WriteHeader(status)
		fmt.Fprint(w, `{"message":"no"}`)
	}
	switch {
	case r.Header.Get("X-Amz-Sso_bearer_token") != rightToken:
		fail(http.StatusUnauthorized, "UnauthorizedException")
	case r.URL.Query().Get("role_name") != "Dev":
		fail(http.StatusForbidden, "ForbiddenException")
	default:
		fmt.Fprintf(w, `{"roleCredentials":{"accessKeyId":"sso","secretAccessKey":"s",`+
			`"sessionToken":"t","expiration":%d}}`, time.Now().Add(time.Hour).UnixMilli())
	}
}

// login writes the file of a session of IAM Identity Center.
func (i *identity) login(session, token string, expires time.Time) {
	i.t.Helper()
	sum := sha1.Sum([]byte(session))
	i.write(filepath.Join(i.home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json"),
		fmt.Sprintf(`{"accessToken":%q,"expiresAt":%q}`, token, expires.UTC().Format(time.RFC3339)))
}

func (i *identity) write(file, text string) {
	i.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		i.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

// retrieve returns the access key of a profile, or what Check says.
func retrieve(ctx context.Context, c awsconfig.Choice) (string, error) {
	cfg, err := awsconfig.Load(ctx, c)
	if err != nil {
		return "", err
	}
	if err := awsconfig.Check(ctx, cfg); err != nil {
		return "", err
	}
	k, err := cfg.Credentials.Retrieve(ctx)
	return k.AccessKeyID, err
}

const identities = `[default]
region = us-west-2
[profile base]
aws_access_key_id = base
aws_secret_access_key = secret
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/deployer
mfa_serial = arn:aws:iam::123456789012:mfa/alice
source_profile = base
[profile forbidden]
role_arn = arn:aws:iam::123456789012:role/forbidden
source_profile = base
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev
[profile otherrole]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Admin
[profile oldsso]
sso_start_url = https://corp.example/start
sso_region = us-west-2
sso_account_id = 123456789012
sso_role_name = Dev
[sso-session corp]
sso_region = us-west-2
sso_start_url = https://corp.example/start
`

// A profile with mfa_serial asks once: the next command finds the session of the role where the AWS
// CLI would.
func TestMFAIsAskedForOnce(t *testing.T) {
	i := newIdentity(t, identities)
	var asked []string
	choice := awsconfig.Choice{Profile: "mfa", Code: func(device string) (string, error) {
		asked = append(asked, device)
		return rightCode, nil
	}}
	for range 2 {
		if key, err := retrieve(t.Context(), choice); key != "AssumeRole" || err != nil {
			t.Fatalf("key %q, %v", key, err)
		}
	}
	if len(asked) != 1 || asked[0] != "arn:aws:iam::123456789012:mfa/alice" || i.asked != 1 {
		t.Errorf("asked for %q, and STS %d times", asked, i.asked)
	}
	// sha1 of {"RoleArn": "arn:…:role/deployer", "SerialNumber": "arn:…:mfa/alice"}
	sum := sha1.Sum([]byte(`{"RoleArn": "arn:aws:iam::123456789012:role/deployer", ` +
		`"SerialNumber": "arn:aws:iam::123456789012:mfa/alice"}`))
	file := filepath.Join(i.home, ".aws", "cli", "cache", hex.EncodeToString(sum[:])+".json")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the mode of the cache is %v", info.Mode())
	}
	soon, _ := json.Marshal(map[string]any{"Credentials": map[string]any{
		"AccessKeyId": "cached", "SecretAccessKey": "s", "SessionToken": "t",
		"Expiration": time.Now().Add(time.Minute).UTC().Format(time.RFC3339),
	}})
	i.write(file, string(soon)) // as the AWS CLI writes it, and nearly over
	if key, err := retrieve(t.Context(), choice); key != "AssumeRole" || len(asked) != 2 {
		t.Errorf("key %q, %v, asked %d times", key, err, len(asked))
	}
}

func TestMFAErrorsSayWhatToDo(t *testing.T) {
	newIdentity(t, identities)
	for code, want := range map[string]string{
		"654321": "the code of MFA device arn:aws:iam::123456789012:mfa/alice is wrong, or has been ",
		"12345":  `a code has six digits, and "12345" has not`,
	} {
		_, err := retrieve(t.Context(), awsconfig.Choice{
			Profile: "mfa", Code: func(string) (string, error) { return code, nil },
		})
		wantPart(t, err, want)
	}
	_, err := retrieve(t.Context(), awsconfig.Choice{Profile: "mfa"})
	wantPart(t, err, "the profile needs the code of an MFA device: "+
		"arn:aws:iam::123456789012:mfa/alice")
	_, err = retrieve(t.Context(), awsconfig.Choice{Profile: "forbidden"})
	wantPart(t, err, `role arn:aws:iam::123456789012:role/forbidden of profile "forbidden" cannot be `+
		"assumed")
}

// Missing, expired and revoked sessions of IAM Identity Center each say their own fix.
// TestAdviceHidesTheAnswerOfAWS: who explains errors of AWS would say of these that the policy of a
// deployer lacks the call, or that credentials have expired that the user does not have.
func TestAdviceHidesTheAnswerOfAWS(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: a is not "+
			"authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>")
	}))
	defer srv.Close()
	machine(t, "[profile work]\nsource_profile = base\nrole_arn = arn:aws:iam::1:role/deployer\n"+
		"[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n", map[string]string{
		"AWS_ENDPOINT_URL_STS": srv.URL, "AWS_PROFILE": "work", "AWS_REGION": "us-west-2",
		"AWS_MAX_ATTEMPTS": "1",
	})
	cfg, err := awsconfig.Load(t.Context(), awsconfig.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	err = awsconfig.Check(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "role arn:aws:iam::1:role/deployer of profile "+
		`"work" cannot be assumed: check its trust policy`) {
		t.Fatalf("the error is %v", err)
	}
	var refusal interface{ ErrorCode() string }
	if errors.As(err, &refusal) {
		t.Errorf("the error has the answer of AWS: %v", refusal)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := awsconfig.Check(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that waits no more gets %v", err)
	}
}

func TestSSO(t *testing.T) {
	i := newIdentity(t, identities)
	later, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	for _, profile := range []string{"sso", "oldsso"} {
		session := map[string]string{"sso": "corp", "oldsso": "https://corp.example/start"}[profile]
		ended := `the session of AWS IAM Identity Center of profile "` + profile + `" has ended: run ` +
			`"aws sso login --profile ` + profile + `"`
		_, err := retrieve(t.Context(), awsconfig.Choice{Profile: profile})
		wantPart(t, err, `profile "`+profile+`" logs in by AWS IAM Identity Center, and has no session `+
			`yet: run "aws sso login --profile `+profile+`"`)
		i.login(session, rightToken, past)
		_, err = retrieve(t.Context(), awsconfig.Choice{Profile: profile})
		wantPart(t, err, ended)
		i.login(session, "revoked", later)
		_, err = retrieve(t.Context(), awsconfig.Choice{Profile: profile})
		wantPart(t, err, ended)
		i.login(session, rightToken, later)
		if key, err := retrieve(t.Context(), awsconfig.Choice{Profile: profile}); key != "sso" {
			t.Errorf("%s: key %q, %v", profile, key, err)
		}
	}
	_, err := retrieve(t.Context(), awsconfig.Choice{Profile: "otherrole"})
	wantPart(t, err, "you are logged in, and have no role Admin in account 123456789012")
}

func TestCredentialProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("processes that print credentials were not run: they are shell scripts")
	}
	newIdentity(t, `[profile good]
credential_process = echo '{"Version":1,"AccessKeyId":"process","SecretAccessKey":"s"}'
[profile bad]
credential_process = false
`)
	if key, err := retrieve(t.Context(), awsconfig.Choice{Profile: "good"}); key != "process" {
		t.Errorf("key %q, %v", key, err)
	}
	_, err := retrieve(t.Context(), awsconfig.Choice{Profile: "bad"})
	wantPart(t, err, `the credential_process of profile "bad" fails: run it by hand to see why: false`)
}

func TestWebIdentity(t *testing.T) {
	i := newIdentity(t, "")
	file := filepath.Join(i.home, "token")
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file)
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/ci")
	const want = "the web identity token (AWS_WEB_IDENTITY_TOKEN_FILE or"
	_, err := retrieve(t.Context(), awsconfig.Choice{})
	wantPart(t, err, want)
	i.write(file, "old")
	_, err = retrieve(t.Context(), awsconfig.Choice{})
	wantPart(t, err, want)
	i.write(file, rightToken)
	key, err := retrieve(t.Context(), awsconfig.Choice{})
	if key != "AssumeRoleWithWebIdentity" {
		t.Errorf("key %q, %v", key, err)
	}
}

func TestMachineRole(t *testing.T) {
	i := newIdentity(t, "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", i.url)
	if key, err := retrieve(t.Context(), awsconfig.Choice{}); key != "imds" {
		t.Errorf("key %q, %v", key, err)
	}
	none := httptest.NewServer(http.NotFoundHandler())
	defer none.Close()
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", none.URL)
	_, err := retrieve(t.Context(), awsconfig.Choice{})
	wantPart(t, err, "no valid AWS credentials; ")
}

// Keys of the environment have priority over a profile with an MFA device.
func TestKeysNeedNoCode(t *testing.T) {
	i := newIdentity(t, strings.Replace(identities, "[profile mfa]", "[default]", 1))
	t.Setenv("AWS_ACCESS_KEY_ID", "environment")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	if key, err := retrieve(t.Context(), awsconfig.Choice{}); key != "environment" || i.asked != 0 {
		t.Errorf("key %q, %v, STS was asked %d times", key, err, i.asked)
	}
}

func wantPart(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("the error is %v\nwant %s", err, part)
	}
}
