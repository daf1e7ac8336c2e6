// Package otherapi answers calls of AWS APIs that tyg does not have, such as the control plane of
// API Gateway: tools that are pointed at tyg for @connections send it others, too.
package otherapi

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Message says what tyg answers.
const Message = "tyg answers Invoke and @connections only"

// The error in the form of the AWS APIs that speak JSON over REST. This one is in the models of
// API Gateway, so that its clients show the message.
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html)
const errorType = "NotFoundException"

// Refuse answers r if it is a call of an AWS API, and reports whether it did. The caller has found
// that it is none of those that tyg has, and no WebSocket.
func Refuse(w http.ResponseWriter, r *http.Request) bool {
	if !isCall(r) {
		return false
	}
	h := w.Header()
	h.Set("X-Amzn-Errortype", errorType)
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusNotFound)
	b, _ := json.Marshal(struct { // strings always have a JSON form
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{errorType, Message})
	_, _ = w.Write(b) // a client that has gone needs no answer
	return true
}

// isCall reports whether a request is signed, or names an operation, as those of AWS's clients are
// and no page's. (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html)
func isCall(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") ||
		r.Header.Get("X-Amz-Target") != ""
}
