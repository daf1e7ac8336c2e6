package main

import (
	"testing"

	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/tygtest"
)

const help = `Commands available:
    /help
          Display this message.
    /join {chat_room_name}
          Join a chatroom named {chat_room_name}.
    /nick {nickname}
          Change your name to {nickname}. If no {nickname}
          is provided then your current name will be printed
    /room
          Print out the name of the room you are currently ` + `
          in.
    /ls
          If you are in a room, list all users also in the
          room. Otherwise, list all rooms.
    /quit
          Leave current room.

If you are in a room, raw text messages that do not start ` + `
with a / will be sent to everyone else in the room.`

// The conversation of the tutorial: what John and Jenny type and see, line by line.
func TestTranscripts(t *testing.T) {
	host := tygtest.NewHost(t, newApp(rooms.NewMemory()))
	john, jenny := host.Dial(), host.Dial()

	john.Send("John")
	john.Expect("Using nickname: John\nType /help for list of commands.")
	john.Send("/help")
	john.Expect(help)
	john.Send("/join chalice")
	john.Expect(`Joined chat room "chalice"`)

	jenny.Send("Jenny")
	jenny.Expect("Using nickname: Jenny\nType /help for list of commands.")
	jenny.Send("/help")
	jenny.Expect(help)
	jenny.Send("/join chalice")
	jenny.Expect(`Joined chat room "chalice"`)
	john.Expect("Jenny joined room.")
	jenny.Send("/ls")
	jenny.Expect("John\nJenny")

	john.Send("Hi")
	john.Expect("John: Hi")
	jenny.Expect("John: Hi")
	jenny.Send("/nick JennyJones")
	jenny.Expect("Nickname is: JennyJones")
	john.Expect("Jenny is now known as JennyJones.")

	john.Send("/quit")
	john.Expect(`Left chat room "chalice"`)
	jenny.Expect("John left room.")
	john.Send("/ls")
	john.Expect("chalice")
	john.Close(1000, "")

	jenny.Send("/ls")
	jenny.Expect("JennyJones")
	jenny.Send("/room")
	jenny.Expect("chalice")
	jenny.Send("/nick")
	jenny.Expect("Current nickname: JennyJones")

	john.ExpectNone()
	jenny.ExpectNone()
}
