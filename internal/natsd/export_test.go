package natsd

import "time"

// SwitchOff does what the server does when a write finds the disk full.
func (s *Server) SwitchOff() error { return s.nats.ShutdownJetStream() }

// LoseDir makes the server use another folder for its files when it is switched on again, and fail
// soon if that is impossible.
func (s *Server) LoseDir(dir string) {
	s.stopWatch()
	s.dir, s.every, s.patience = dir, time.Millisecond, 10*time.Millisecond
	s.startWatch()
}
