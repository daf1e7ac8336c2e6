package functions

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// An API serves Lambda's Invoke API over the functions of a Host, so that AWS SDKs and the AWS CLI,
// pointed here, find them:
//
//	aws lambda invoke --endpoint-url http://127.0.0.1:9001 --function-name echo out.json
//
// It is for the paths below /2015-03-31/functions/; any other is answered with 404. Functions are
// named by name, partial ARN or ARN; the only qualifier is $LATEST.
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)
type API struct {
	Host *Host

	// Secrets are the secret keys, by access key id, of those who may invoke; calls must be signed
	// with one of them (AWS Signature Version 4, service lambda). Nil lets through what comes from
	// this machine with any well-formed signature, and neither from a browser nor through a proxy.
	Secrets map[string]string

	// Logger gets the calls that were refused. Nil drops them.
	Logger *slog.Logger
}

var _ http.Handler = (*API)(nil)

// ServeHTTP serves one call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", newID())
	reference, ok := splitInvokePath(r.URL.EscapedPath())
	if !ok {
		a.refuse(w, r, fault{http.StatusNotFound, "UnknownOperationException", "Unknown operation"})
		return
	}
	if err := a.serve(w, r, reference); err != nil {
		a.refuse(w, r, asFault(err))
	}
}

func (a *API) serve(w http.ResponseWriter, r *http.Request, reference string) error {
	if r.Method != http.MethodPost {
		return fault{http.StatusMethodNotAllowed, "MethodNotAllowedException", "Use POST"}
	}
	inv, async, err := a.invocation(r)
	if err != nil {
		return err
	}
	body, err := a.body(w, r)
	if err != nil {
		return err
	}
	if err := a.authorize(r, body); err != nil {
		return err
	}
	if inv.Payload = body; len(body) == 0 {
		inv.Payload = []byte("{}")
	}
	if !json.Valid(inv.Payload) {
		return errNotJSON
	}
	if inv.Function, err = a.resolve(r, reference); err != nil {
		return err
	}
	switch {
	case r.Header.Get("X-Amz-Invocation-Type") == "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return nil
	case async:
		return a.enqueue(w, inv)
	}
	return a.invoke(w, r, inv)
}

// invocation reads the headers.
func (a *API) invocation(r *http.Request) (inv Invocation, async bool, err error) {
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
	inv.NoWait = true
	inv.ClientContext, err = base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context"))
	if err != nil || len(inv.ClientContext) > 0 && !json.Valid(inv.ClientContext) {
		return inv, false, invalid("ClientContext is not JSON in base64")
	}
	return inv, async, nil
}

// bodyTime is how long a payload may take to arrive. It is read before anybody knows who sends it,
// because the signature covers it.
const bodyTime = 30 * time.Second

// body reads the payload.
func (a *API) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// It fails where there is no socket, as in tests.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fmt.Errorf("read payload: %w", ErrTooLarge)
	}
	if err != nil {
		return nil, invalid("The body did not arrive")
	}
	return b, nil
}

// resolve finds the function.
func (a *API) resolve(r *http.Request, reference string) (name string, err error) {
	name, qualifier, ok := parseReference(reference)
	if !ok {
		return "", fault{
			http.StatusBadRequest, "ValidationException",
			"The function name is neither a name nor an ARN of a function",
		}
	}
	if q := r.URL.Query().Get("Qualifier"); q != "" {
		if qualifier != "" && qualifier != q {
			return "", invalid("The derived qualifier from the function name does not match " +
				"the specified qualifier.")
		}
		qualifier = q
	}
	arn := a.Host.arn(name)
	if qualifier != "" {
		arn += ":" + qualifier
	}
	if _, ok := a.Host.Stats(name); !ok || qualifier != "" && qualifier != latest {
		return "", fault{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + arn}
	}
	return name, nil
}

func (a *API) enqueue(w http.ResponseWriter, inv Invocation) error {
	id, err := a.Host.Enqueue(inv)
	if err != nil {
		return err
	}
	w.Header().Set("X-Amzn-Requestid", id)
	w.WriteHeader(http.StatusAccepted)
	return nil
}

func (a *API) invoke(w http.ResponseWriter, r *http.Request, inv Invocation) error {
	res, err := a.Host.Invoke(r.Context(), inv)
	if err != nil && res.Payload == nil {
		return err
	}
	h := w.Header()
	h.Set("X-Amzn-Requestid", res.RequestID)
	h.Set("X-Amz-Executed-Version", latest)
	h.Set("Content-Type", "application/json")
	if err != nil {
		h.Set("X-Amz-Function-Error", "Unhandled")
	}
	if inv.Tail {
		h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(res.Log))
	}
	_, _ = w.Write(res.Payload) // a client that has gone needs no answer
	return nil
}
