package tygtest_test

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

// A fault breaks one rule of a Subject that keeps all others.
type fault struct {
	notice string // the case that must fail
	events func(*tyg.Event)
	handle func(next tyg.HandlerFunc) tyg.HandlerFunc
	send   func(next tyg.Sender, id tyg.ConnID, data []byte) error
	many   func(next tyg.Sender, ids []tyg.ConnID, data []byte) error
	info   func(*tyg.Info)
	dial   func(error) error
	read   func(string, error) (string, error)
	kind   func(t tyg.MessageType, data string) tyg.MessageType
}

var ctx = context.Background()

// faults returns faults by name. They are chosen to fail without a wait.
func faults() map[string]fault {
	return map[string]fault{
		"requests without ids": {
			notice: "every_event_has_a_request_id_of_its_own",
			events: func(e *tyg.Event) { e.RequestID = "" },
		},
		"wrong close code": {
			notice: "a_lost_connection_is_1006",
			events: func(e *tyg.Event) { e.Disconnect.Code = min(e.Disconnect.Code, 1005) },
		},
		"wrong reason": {
			notice: "Sender.Close_is_1000_for_both_ends",
			events: func(e *tyg.Event) { e.Disconnect.Reason = "" },
		},
		"request in every event": {
			notice: "events_have_only_the_fields_of_their_type",
			events: func(e *tyg.Event) { e.Request = &tyg.Request{} },
		},
		"time does not advance": {
			notice: "times_are_those_of_the_events",
			events: func(e *tyg.Event) { e.Time = time.Unix(1, 0) },
		},
		"query is lost": {
			notice: "connect_gets_the_query",
			events: func(e *tyg.Event) {
				if e.Request != nil {
					e.Request.Query = nil
				}
			},
		},
		"disconnect twice": {
			notice: "disconnect_is_handled_once_and_last",
			handle: func(next tyg.HandlerFunc) tyg.HandlerFunc {
				return func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
					r, err := next(ctx, e)
					if e.Type == tyg.EventDisconnect {
						return next(ctx, e)
					}
					return r, err
				}
			},
		},
		"open twice": {
			notice: "open_comes_between_connect_and_the_first_message",
			handle: func(next tyg.HandlerFunc) tyg.HandlerFunc {
				return func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
					r, err := next(ctx, e)
					if e.Type == tyg.EventOpen {
						return next(ctx, e)
					}
					return r, err
				}
			},
		},
		"context that has ended": {
			notice: "a_context_ends_when_its_handler_has_returned",
			handle: func(next tyg.HandlerFunc) tyg.HandlerFunc {
				return func(_ context.Context, e tyg.Event) (tyg.Reply, error) {
					ended, cancel := context.WithCancel(ctx)
					cancel()
					return next(ended, e)
				}
			},
		},
		"text of errors leaks": {
			notice: "an_error_answers_the_internal_error_frame",
			handle: func(next tyg.HandlerFunc) tyg.HandlerFunc {
				return func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
					r, err := next(ctx, e)
					if err != nil {
						_ = e.Conn.Send(ctx, []byte(err.Error()))
					}
					return r, err
				}
			},
		},
		"every refusal is 403": {
			notice: "Reject_answers_with_its_status",
			dial: func(err error) error {
				if err != nil {
					return &tygtest.Refused{Status: 403, Body: "secret"}
				}
				return nil
			},
		},
		"frames in tidy JSON": {
			notice: "a_panic_answers_the_internal_error_frame",
			read: func(text string, err error) (string, error) {
				return strings.ReplaceAll(text, `": "`, `":"`), err
			},
		},
		"clients see 1001": {
			notice: "Close_ends_the_connection",
			read: func(text string, err error) (string, error) {
				if _, ok := errors.AsType[*tygtest.Closed](err); ok {
					return "", &tygtest.Closed{Code: 1001}
				}
				return text, err
			},
		},
		"text of one byte is binary": {
			notice: "text_stays_text",
			kind: func(t tyg.MessageType, data string) tyg.MessageType {
				if data == "x" {
					return tyg.Binary
				}
				return t
			},
		},
		"text is trimmed": {
			notice: "text_arrives_unchanged",
			read:   func(text string, err error) (string, error) { return strings.Trim(text, "\x00"), err },
		},
		"gone is no error": {
			notice: "a_connection_that_was_never_made_is_gone",
			send: func(next tyg.Sender, id tyg.ConnID, data []byte) error {
				if err := next.Send(ctx, id, data); !errors.Is(err, tyg.ErrGone) {
					return err
				}
				return nil
			},
		},
		"errors without ids": {
			notice: "a_connection_that_its_client_closed_is_gone",
			send: func(next tyg.Sender, id tyg.ConnID, data []byte) error {
				return errors.Unwrap(next.Send(ctx, id, data))
			},
		},
		"invalid id is gone": {
			notice: "an_invalid_id_is_refused",
			send: func(next tyg.Sender, id tyg.ConnID, data []byte) error {
				if err := next.Send(ctx, id, data); err != nil {
					return &tyg.ConnError{ID: id, Err: tyg.ErrGone}
				}
				return nil
			},
		},
		"all data is text": {
			notice: "data_that_is_not_text_is_refused",
			send: func(next tyg.Sender, id tyg.ConnID, data []byte) error {
				return next.Send(ctx, id, []byte(strings.ToValidUTF8(string(data), "?")))
			},
		},
		"nothing is too large": {
			notice: "a_message_that_is_too_large_is_refused",
			send: func(next tyg.Sender, id tyg.ConnID, data []byte) error {
				return next.Send(ctx, id, data[:min(len(data), 128<<10)])
			},
		},
		"limit is one byte less": {
			notice: "a_message_of_128_KB_is_not_too_large",
			send: func(next tyg.Sender, id tyg.ConnID, data []byte) error {
				if len(data) >= 128<<10 {
					return &tyg.ConnError{ID: id, Err: tyg.ErrTooLarge}
				}
				return next.Send(ctx, id, data)
			},
		},
		"swapped":      {notice: "messages_from_one_goroutine_arrive_in_order", send: swap()},
		"data is kept": {notice: "data_may_be_reused_when_Send_returns", send: hold()},
		"first error only": {
			notice: "SendMany_reports_exactly_the_recipients_that_are_gone", many: firstError,
		},
		"ids are cleared": {
			notice: "SendMany_does_not_change_its_ids",
			many: func(next tyg.Sender, ids []tyg.ConnID, data []byte) error {
				defer clear(ids)
				return next.SendMany(ctx, ids, data)
			},
		},
		"no recipients is an error": {
			notice: "SendMany_without_recipients_succeeds",
			many: func(next tyg.Sender, ids []tyg.ConnID, data []byte) error {
				if len(ids) == 0 {
					return errors.New("no recipients")
				}
				return next.SendMany(ctx, ids, data)
			},
		},
		"address is lost": {
			notice: "Info_describes_the_connection",
			info:   func(i *tyg.Info) { i.SourceIP = "" },
		},
	}
}

// swap sends every other message after the one that follows it.
func swap() func(tyg.Sender, tyg.ConnID, []byte) error {
	var held []byte
	return func(next tyg.Sender, id tyg.ConnID, data []byte) error {
		if held == nil {
			held = append([]byte{}, data...)
			return nil
		}
		late := held
		held = nil
		return errors.Join(next.Send(ctx, id, data), next.Send(ctx, id, late))
	}
}

// hold sends every other message together with the one that follows it, without a copy.
func hold() func(tyg.Sender, tyg.ConnID, []byte) error {
	var held []byte
	return func(next tyg.Sender, id tyg.ConnID, data []byte) error {
		if held == nil {
			held = data
			return nil
		}
		late := held
		held = nil
		return errors.Join(next.Send(ctx, id, late), next.Send(ctx, id, data))
	}
}

func firstError(next tyg.Sender, ids []tyg.ConnID, data []byte) error {
	err := next.SendMany(ctx, ids, data)
	for id, err := range tyg.Failures(err) {
		return &tyg.ConnError{ID: id, Err: err}
	}
	return err
}
