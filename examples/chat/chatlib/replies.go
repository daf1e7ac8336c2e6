package chatlib

// The replies of the chat. The first group is the protocol of the original tutorial, byte for byte,
// trailing blanks included (https://aws.github.io/chalice/tutorials/websockets.html).
const (
	usingNickname   = "Using nickname: %s\nType /help for list of commands."
	currentNickname = "Current nickname: %s"
	nicknameIs      = "Nickname is: %s"
	nowKnownAs      = "%s is now known as %s."
	joinedChatRoom  = `Joined chat room "%s"`
	joinedRoom      = "%s joined room."
	leftChatRoom    = `Left chat room "%s"`
	leftRoom        = "%s left room."
	notInChatroom   = "Cannot send message if not in chatroom."
	notInRoom       = "Not currently in a room. Type /join {room_name} to do so."
	unknownCommand  = "Unknown command: %s"

	helpText = `Commands available:
    /help
          Display this message.
    /join {chat_room_name}
          Join a chatroom named {chat_room_name}.
    /nick {nickname}
          Change your name to {nickname}. If no {nickname}
          is provided then your current name will be printed
    /room
          Print out the name of the room you are currently 
          in.
    /ls
          If you are in a room, list all users also in the
          room. Otherwise, list all rooms.
    /quit
          Leave current room.

If you are in a room, raw text messages that do not start 
with a / will be sent to everyone else in the room.`
)

// The replies that the original does not have.
const (
	moreHelp = `

More commands:
    /me {action}
          Tell the room what you do: * John waves
    /msg {nickname} {text}
          Send {text} to {nickname} only.
    /who [chat_room_name]
          List all users in a room, in yours if none is named.
    /help all
          Display this message.

Your own messages to the room are sent to you too.`

	askName         = "Send your nickname first. Type /help for list of commands."
	usage           = "Usage: %s"
	alreadyInRoom   = `Already in chat room "%s"`
	noRooms         = "No rooms. Type /join {room_name} to open one."
	roomIsEmpty     = `Chat room "%s" is empty.`
	roomIsFull      = `Chat room "%s" is full.`
	unknownNickname = "No user is named %s."
	notDelivered    = "%s cannot be reached right now. The message was not delivered."
	nicknameTaken   = "Nickname is already in use: %s"
	privateFrom     = "%s (private): %s"
	privateTo       = "%s (private to %s): %s"
	action          = "* %s %s"
	tooLong         = "Message is too long, the limit is %d bytes. It was not sent."
	tryAgain        = "That crossed with another message of yours, try again."
	slowDown        = "Slow down\u2026 Messages are dropped until you do."
	outOfOrder      = "The chat is out of order, try again later."
	tooFast         = "Closing the connection: you did not slow down."
)

// The reasons to refuse a name, of a nickname or a room.
const (
	nameLength    = "A name must have 1 to %d characters."
	nameSlash     = "A name must not start with a slash."
	nameSpace     = "A name must not contain spaces."
	nameInvisible = "A name must not contain control or invisible characters."
	nameReserved  = "A name must not contain any of %s"
	nameMark      = "A name must not start with a combining character."
	nameMixed     = "A name must not mix the Latin, Greek and Cyrillic alphabets."
)
