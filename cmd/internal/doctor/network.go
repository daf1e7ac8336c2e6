package doctor

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/awskeys"
	"github.com/tyg-dev/tyg/internal/natsurl"
	"github.com/tyg-dev/tyg/internal/redact"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// nats asks the NATS server that the environment names for its version.
func (d *Doctor) nats(ctx context.Context) Finding {
	text := d.Getenv("TYG_NATS_URL")
	if text == "" {
		return ok("TYG_NATS_URL is not set; only programs with -tags tyg.nats need it")
	}
	first, _, _ := strings.Cut(text, ",") // of a cluster
	u, err := natsurl.Parse(strings.TrimSpace(first))
	if err != nil {
		return fail("write it as nats://host:4222 or tls://user:password@host:4222",
			"TYG_NATS_URL %q is not a URL", redact.Text(text))
	}
	version, err := natsVersion(ctx, net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "4222")))
	if err != nil {
		return fail("start the server, or correct TYG_NATS_URL", "%s: %v", redact.URL(u), err)
	}
	return ok("%s is NATS %s", redact.URL(u), version)
}

// natsVersion reads the greeting of a server, which comes before TLS and credentials
// (https://docs.nats.io/reference/reference-protocols/nats-protocol#info).
func natsVersion(ctx context.Context, addr string) (string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(end) // without one, ctx ends the check
	}
	line, err := bufio.NewReader(io.LimitReader(conn, 64<<10)).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("read its greeting: %w", err)
	}
	var info struct{ Version string }
	data, isNATS := strings.CutPrefix(line, "INFO ")
	if !isNATS || json.Unmarshal([]byte(data), &info) != nil {
		return "", fmt.Errorf("it is no NATS server: it greets with %.40q", line)
	}
	return info.Version, nil
}

// awsAdvice is what to do without credentials.
const awsAdvice = "aws configure, aws sso login, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; " +
	"only the commands for AWS need them"

// aws asks AWS who the user is.
func (d *Doctor) aws(ctx context.Context) Finding {
	// Time for the answer of a machine that has no role, which is none.
	looking, cancel := context.WithTimeout(ctx, cmp.Or(d.Patience, Patience)*3/4)
	defer cancel()
	found, err := awskeys.Finder{NoBuild: true}.Find(looking, awskeys.Query{Service: "sts"})
	switch {
	case errors.Is(err, awskeys.ErrNotBuilt):
		return warn("tyg deploy --help builds it", "%v", err)
	case err != nil && looking.Err() == nil:
		return fail("correct ~/.aws/config or AWS_PROFILE", "%v", err)
	case err != nil || found.Key == nil:
		return warn(awsAdvice, "no credentials were found")
	case found.Region == "":
		return warn("set AWS_REGION, or region in ~/.aws/config",
			"credentials from %s, and no region", found.Source)
	}
	endpoint := cmp.Or(found.Endpoint, stsEndpoint(found.Region))
	arn, err := d.identity(ctx, endpoint, found.Region, sigv4.Credentials(*found.Key))
	if err != nil {
		return warn("aws sts get-caller-identity says more; if AWS refuses the credentials, renew "+
			"them, and compare the clock", "credentials from %s in %s: %v", found.Source, found.Region, err)
	}
	return ok("%s in %s", arn, found.Region)
}

func stsEndpoint(region string) string {
	suffix := ".amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		suffix += ".cn"
	}
	return "https://sts." + region + suffix
}

var (
	arnElement  = regexp.MustCompile(`<Arn>([^<]+)</Arn>`)
	codeElement = regexp.MustCompile(`<Code>([^<]+)</Code>`)
)

// identity calls GetCallerIdentity, which needs no permission
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
func (d *Doctor) identity(
	ctx context.Context, endpoint, region string, keys sigv4.Credentials,
) (string, error) {
	const body = "Action=GetCallerIdentity&Version=2011-06-15"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sigv4.Sign(r, []byte(body), keys, region, "sts", d.Now())
	res, err := d.HTTP.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return "", err
	}
	if m := arnElement.FindSubmatch(answer); m != nil && res.StatusCode == http.StatusOK {
		return string(m[1]), nil
	}
	if m := codeElement.FindSubmatch(answer); m != nil {
		return "", fmt.Errorf("AWS answered %s: %s", res.Status, m[1])
	}
	return "", fmt.Errorf("AWS answered %s", res.Status)
}

// The clock may differ by this much: AWS refuses signatures that are five minutes off
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html), and
// tokens of an authorizer are off by all of it.
const (
	smallSkew = 30 * time.Second
	largeSkew = 5 * time.Minute
)

// clock compares the clock with that of a server.
func (d *Doctor) clock(ctx context.Context) Finding {
	const fix = "let a service set it: timedatectl set-ntp true, w32tm /resync, or " +
		"sntp -sS time.apple.com"
	endpoint := cmp.Or(d.Getenv("AWS_ENDPOINT_URL"), "https://sts.amazonaws.com")
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, endpoint, nil)
	if err != nil {
		return warn("correct AWS_ENDPOINT_URL", "it was not compared: %v", err)
	}
	before := d.Now()
	res, err := d.HTTP.Do(r)
	if err != nil {
		return ok("%s; not compared, because there is no answer from %s",
			before.Format(time.RFC3339), redact.Text(endpoint))
	}
	_ = res.Body.Close()
	theirs, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return ok("%s; not compared, because %s tells no time", before.Format(time.RFC3339),
			redact.Text(endpoint))
	}
	skew := before.Sub(theirs).Round(time.Second)
	switch {
	case skew.Abs() > largeSkew:
		return fail(fix, "it is off by %v, and AWS refuses requests", skew)
	case skew.Abs() > smallSkew:
		return warn(fix, "it is off by %v", skew)
	}
	return ok("%s, as at %s", before.Format(time.RFC3339), redact.Text(endpoint))
}
