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
// A [Host] behaves as API Gateway does, and is stricter than any real host where that finds
// mistakes: a context that has ended is refused, and the bytes of a message are wiped once its
// handler has returned.
//
// A [Recorder] is a [tyg.Sender] alone, for code that needs no connections.
//
// [TestHost] and [TestSender] are for people who write hosts and senders of their own: they check
// what package tyg promises to applications.
package tygtest
