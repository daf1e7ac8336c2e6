// Package invokeapi serves Lambda's Invoke API over the functions of a Host, so that AWS SDKs and
// the AWS CLI can call them:
//
//	aws lambda invoke --endpoint-url http://127.0.0.1:9001 --function-name echo out.json
//
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)
package invokeapi

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/lograte"
	"github.com/tyg-dev/tyg/internal/reqbody"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// A Handler serves the paths below /2015-03-31/functions/; it answers any other with 404. Callers
// give the name, the partial ARN or the ARN of a function; the only qualifier is $LATEST.
type Handler struct {
	// Host runs the functions. It must not be nil.
	Host *functions.Host

	// Secrets are secret keys by access key id. Calls must be signed with one of them (AWS Signature
	// Version 4, service lambda). Nil allows local programs, with any well-formed signature (see
	// sigv4.IsLocal).
	Secrets map[string]string

	// Logger logs the calls that are refused. Nil drops them.
	Logger *slog.Logger

	once   sync.Once
	lines  lograte.Limiter
	bodies reqbody.Budget
}

var _ http.Handler = (*Handler)(nil)

// setup makes the zero Handler work.
func (h *Handler) setup() {
	h.lines.Lines, h.lines.Window = linesPerWindow, lineWindow
	h.bodies.Bodies, h.bodies.Bytes = maxBodies, maxBodyBytes
}

// ServeHTTP serves one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.once.Do(h.setup)
	w.Header().Set("X-Amzn-Requestid", functions.NewRequestID())
	reference, ok := splitInvokePath(r.URL.EscapedPath())
	err := error(errOperation)
	if ok {
		err = h.serve(w, r, reference)
	}
	if err != nil {
		c := http.NewResponseController(w) // its methods fail where there is no socket, as in tests
		_ = c.SetReadDeadline(time.Now().Add(restTime))
		_ = c.SetWriteDeadline(time.Now().Add(answerTime))
		h.refuse(w, r, toFault(err))
	}
}

const (
	// restTime is how long the rest of a body is awaited that is not read.
	restTime = time.Second

	// answerTime is how long a client may take to receive an answer. An http.Server counts from the
	// request, and a function may take 15 minutes.
	answerTime = 30 * time.Second
)

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, reference string) error {
	if r.Method != http.MethodPost {
		return errMethod
	}
	inv, async, err := readHeader(r)
	if err != nil {
		return err
	}
	claim, err := h.checkHead(r)
	if err != nil {
		return err
	}
	body, err := h.readBody(w, r)
	if err != nil {
		return err
	}
	defer body.Release()
	if claim != nil {
		if _, err := claim.VerifyBody(body.Data); err != nil {
			return err
		}
	}
	if inv.Payload = body.Data; len(body.Data) == 0 {
		inv.Payload = []byte("{}")
	}
	if !json.Valid(inv.Payload) {
		return errNotJSON
	}
	if inv.Function, err = h.resolve(r, reference); err != nil {
		return err
	}
	switch {
	case r.Header.Get("X-Amz-Invocation-Type") == "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return nil
	case async:
		return h.enqueue(w, inv)
	}
	return h.invoke(w, r, inv)
}

// readHeader reads all but the function and the payload.
func readHeader(r *http.Request) (inv functions.Invocation, async bool, err error) {
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse", "DryRun":
	case "Event":
		async = true
	default:
		return inv, false, invalid("InvocationType %q is none of RequestResponse, Event and DryRun", kind)
	}
	switch kind := r.Header.Get("X-Amz-Log-Type"); kind {
	case "", "None":
	case "Tail":
		inv.Tail = true
	default:
		return inv, false, invalid("LogType %q is none of None and Tail", kind)
	}
	inv.NoWait, inv.TraceParent = true, r.Header.Get("Traceparent")
	inv.ClientContext, err = base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context"))
	if err != nil || len(inv.ClientContext) > 0 && !json.Valid(inv.ClientContext) {
		return inv, false, invalid("ClientContext is not JSON in base64")
	}
	return inv, async, nil
}

// The bounds of a payload, and of all payloads together. A payload is in memory until its function
// has replied.
const (
	bodyTime     = 30 * time.Second // for it to arrive
	maxBodies    = 1024             // that are arriving at the same time
	maxBodyBytes = 256 << 20
)

// readBody reads the payload.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) (*reqbody.Body, error) {
	// It fails where there is no socket, as in tests.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	src := http.MaxBytesReader(w, r.Body, functions.MaxPayload)
	body, err := h.bodies.Read(src, functions.MaxPayload)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || errors.Is(err, reqbody.ErrTooLarge) {
		return nil, fmt.Errorf("read payload: %w", functions.ErrTooLarge)
	}
	if errors.Is(err, reqbody.ErrBusy) {
		return nil, errBusy
	}
	if err != nil {
		return nil, invalid("The body did not arrive")
	}
	return body, nil
}

// checkHead checks all about the caller that does not need the payload, so that a stranger's is not
// read. The Claim is nil where there are no secrets to verify with.
func (h *Handler) checkHead(r *http.Request) (*sigv4.Claim, error) {
	if h.Secrets == nil {
		if !sigv4.IsLocal(r) {
			return nil, errNotLocal
		}
		return nil, sigv4.WellFormed(r)
	}
	v := sigv4.Verifier{Service: "lambda", Keys: func(id string) (string, bool) {
		secret, ok := h.Secrets[id]
		return secret, ok
	}}
	return v.VerifyHead(r)
}

// resolve returns the name of the function that a reference and the query stand for.
func (h *Handler) resolve(r *http.Request, reference string) (name string, err error) {
	name, qualifier, ok := parseReference(reference)
	if !ok {
		return "", errReference
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", invalid("The query is malformed") // a qualifier in it would be dropped
	}
	if q := query.Get("Qualifier"); q != "" {
		if qualifier != "" && qualifier != q {
			return "", invalid("The derived qualifier from the function name does not match " +
				"the specified qualifier.")
		}
		qualifier = q
	}
	arn := h.Host.ARN(name)
	if qualifier != "" {
		arn += ":" + qualifier
	}
	known := qualifier == "" || qualifier == functions.LatestVersion
	if _, ok := h.Host.Stats(name); !ok || !known {
		return "", fault{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + arn}
	}
	return name, nil
}

func (h *Handler) enqueue(w http.ResponseWriter, inv functions.Invocation) error {
	id, err := h.Host.Enqueue(inv)
	if err != nil {
		return err
	}
	w.Header().Set("X-Amzn-Requestid", id)
	w.WriteHeader(http.StatusAccepted)
	return nil
}

func (h *Handler) invoke(w http.ResponseWriter, r *http.Request, inv functions.Invocation) error {
	res, err := h.Host.Invoke(r.Context(), inv)
	if err != nil && res.Payload == nil {
		return err
	}
	// It fails where there is no socket, as in tests.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
	header := w.Header()
	header.Set("X-Amzn-Requestid", res.RequestID)
	header.Set("X-Amz-Executed-Version", functions.LatestVersion)
	header.Set("Content-Type", "application/json")
	if err != nil {
		header.Set("X-Amz-Function-Error", "Unhandled")
	}
	if inv.Tail {
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(res.Log))
	}
	_, _ = w.Write(res.Payload) // it fails if the client is gone
	return nil
}
