package functions

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

// The defaults of a Host.
const (
	defaultRegion  = "us-east-1"
	defaultAccount = "000000000000"
)

// environ returns the environment of a process of fn whose Runtime API is at address, beside the
// API with a token, if that is not nil. If a variable is in it more than once, the last one counts.
func (h *Host) environ(fn *Function, address string, api *runtimeapi.API) []string {
	env := h.Environ
	if env == nil {
		env = os.Environ()
	}
	env = append(slices.Clip(env), h.variables(fn)...)
	if endpoint := h.directEndpoint(fn, address, api); endpoint != "" {
		env = append(env, "TYG_DIRECT_ENDPOINT="+endpoint)
	}
	env = appendVars(env, h.Env)
	env = appendVars(env, fn.Env)
	return append(env, "AWS_LAMBDA_RUNTIME_API="+address)
}

// directEndpoint returns the address of an API, with its token and the path of ManagementEndpoint.
// It is empty without an API, and where the variables of fn lead its calls elsewhere.
func (h *Host) directEndpoint(fn *Function, address string, api *runtimeapi.API) string {
	if api == nil {
		return ""
	}
	for _, vars := range []map[string]string{h.Env, fn.Env} {
		for _, name := range []string{"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "TYG_ENDPOINT"} {
			if vars[name] != "" {
				return ""
			}
		}
	}
	u, err := url.Parse(h.ManagementEndpoint)
	if err != nil || u.Host == "" {
		return ""
	}
	u.Scheme, u.Host, u.User = "http", address, url.UserPassword("function", api.Token)
	return u.String()
}

// variables returns the variables that Lambda sets, and PYTHONUNBUFFERED: without that, what Python
// prints would appear long after its event.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)
func (h *Host) variables(fn *Function) []string {
	root, err := filepath.Abs(fn.Dir)
	if err != nil {
		root = fn.Dir // the working directory is gone, and the process will fail to start
	}
	env := []string{
		"_HANDLER=" + fn.Handler,
		"AWS_REGION=" + h.region(),
		"AWS_DEFAULT_REGION=" + h.region(),
		"AWS_LAMBDA_FUNCTION_NAME=" + fn.Name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(fn.MemorySize),
		"AWS_LAMBDA_FUNCTION_VERSION=" + LatestVersion,
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + fn.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + time.Now().UTC().Format("2006/01/02/") + "[$LATEST]" + newHex(),
		"LAMBDA_TASK_ROOT=" + root,
		"LAMBDA_RUNTIME_DIR=" + root,
		"TZ=:UTC",
		"PYTHONUNBUFFERED=1",
	}
	if h.ManagementEndpoint != "" {
		env = append(env, "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI="+h.ManagementEndpoint,
			"TYG_GROUPS_ENDPOINT="+h.ManagementEndpoint)
	}
	if h.InvokeEndpoint != "" {
		env = append(env, "TYG_INVOKE_ENDPOINT="+h.InvokeEndpoint)
	}
	if c := h.Credentials; c != (Credentials{}) {
		env = append(env, "AWS_ACCESS_KEY_ID="+c.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey, "AWS_SESSION_TOKEN="+c.SessionToken)
	}
	return env
}

func appendVars(env []string, vars map[string]string) []string {
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		env = append(env, name+"="+vars[name])
	}
	return env
}

func (h *Host) region() string { return cmp.Or(h.Region, defaultRegion) }

// ARN returns the ARN of the function of that name, which need not exist.
func (h *Host) ARN(name string) string {
	account := cmp.Or(h.AccountID, defaultAccount)
	return "arn:aws:lambda:" + h.region() + ":" + account + ":function:" + name
}

// newHex returns 32 random digits.
func newHex() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}
