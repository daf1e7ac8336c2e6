// connect keeps a WebSocket open. It returns a function that sends, and says whether it could.
export function connect(address, { open, message, state }) {
  let socket;
  let attempt = 0;

  function start() {
    state("connecting");
    socket = new WebSocket(address);
    socket.onopen = () => {
      state("open");
      open();
    };
    socket.onmessage = (event) => {
      attempt = 0; // the server works; that it accepts is not enough
      message(event.data);
    };
    socket.onclose = () => {
      const bound = Math.min(30_000, 500 * 2 ** attempt++);
      const pause = Math.random() * bound; // else all clients of a server come back at once
      state("waiting");
      setTimeout(start, pause);
    };
  }

  start();
  return (text) => {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(text);
    return true;
  };
}
