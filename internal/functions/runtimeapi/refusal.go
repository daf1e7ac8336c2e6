package runtimeapi

import "net/http"

// A refusal is an answer that is not 202: an error in the words of the Runtime API.
type refusal struct {
	status  int
	kind    string
	message string
}

// Error returns the message.
func (r *refusal) Error() string { return r.message }

// What a [Handler] may refuse. The texts are those of AWS's own emulator.
// (https://github.com/aws/aws-lambda-runtime-interface-emulator)
var (
	// ErrUnknownEvent refuses a reply to an event that the process does not have.
	ErrUnknownEvent error = &refusal{
		http.StatusBadRequest, "InvalidRequestID", "Invalid request ID",
	}

	// ErrTransition refuses a request that the process may not make now.
	ErrTransition error = &refusal{
		http.StatusForbidden, "InvalidStateTransition", "State transition is not allowed",
	}
)

var (
	errReplySize = &refusal{
		http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
		"Exceeded maximum allowed payload size (6291556 bytes).",
	}
	errHeadSize = &refusal{
		http.StatusRequestHeaderFieldsTooLarge, "HeadersTooLarge",
		"The head of the request has more than 1 MB",
	}
	errPath   = &refusal{http.StatusNotFound, "UnknownPath", "The Runtime API has no such path"}
	errMethod = &refusal{
		http.StatusMethodNotAllowed, "MethodNotAllowed", "The path has no such method",
	}
	errBrowser = &refusal{
		http.StatusForbidden, "AccessDenied", "The Runtime API is not for web pages",
	}
	errInternal = &refusal{
		http.StatusInternalServerError, "InternalError", "Internal error",
	}
)
