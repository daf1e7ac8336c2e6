// Package tygtest runs a [tyg.Handler] in memory, for tests. A test of a whole conversation needs
// no port and no sleeping:
//
//	func TestGreeting(t *testing.T) {
//		host := tygtest.NewHost(t, newApp())
//		john := host.Dial()
//		john.Send("John")
//		john.Expect("Using nickname: John")
//		john.ExpectNone()
//	}
//
// A [Host] behaves like API Gateway, and is stricter than a real host where that finds mistakes:
// it refuses a context that has ended, and clears the bytes of a message when its handler has
// returned.
//
// A [Recorder] is a [tyg.Sender] for code that needs no connections.
//
// [TestHost] and [TestSender] check what package tyg promises to applications. Run them on hosts
// and senders of your own.
package tygtest
