package apigw_test

import (
	"fmt"
	"net/http/httptest"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

func ExampleAppendErrorFrame() {
	frame := apigw.AppendErrorFrame(nil, apigw.Forbidden, "Qyi07eCbtjMCJKw=", "Qyi3UG41tjMFlUg=")
	fmt.Println(string(frame))
	// Output:
	// {"message": "Forbidden", "connectionId":"Qyi07eCbtjMCJKw=", "requestId":"Qyi3UG41tjMFlUg="}
}

func ExampleSplitConnectionsPath() {
	stage, id, ok := apigw.SplitConnectionsPath("/api/%40connections/Qyi07eCbtjMCJKw%3D")
	fmt.Println(stage, id, ok)
	// Output: api Qyi07eCbtjMCJKw= true
}

func ExampleUnmarshalReply() {
	reply, err := apigw.UnmarshalReply([]byte(`{"statusCode":401,"body":"who are you?"}`))
	fmt.Println(reply.Status, string(reply.Body), err)

	_, err = apigw.UnmarshalReply([]byte(`{"statusCode":200,"body":{"ok":true}}`))
	fmt.Println(err)
	// Output:
	// 401 who are you? <nil>
	// decode reply: body is not a string; encode it as JSON
}

func ExampleUnmarshalEvent() {
	event, err := apigw.UnmarshalEvent([]byte(`{
		"requestContext": {
			"connectionId": "R1kmxc2VNjMCFIA=", "requestId": "R1knPH17NjMFftw=",
			"routeKey": "$default", "eventType": "MESSAGE"
		},
		"body": "hello"
	}`), nil)
	fmt.Println(event.Type, event.Conn.ID, event.Message.Text(), err)
	// Output: MESSAGE R1kmxc2VNjMCFIA= hello <nil>
}

func ExampleWriteError() {
	w := httptest.NewRecorder()
	apigw.WriteError(w, tyg.ErrGone)
	fmt.Println(w.Code, w.Header().Get("x-amzn-ErrorType"), w.Body.Len())
	// Output: 410 GoneException 0
}
