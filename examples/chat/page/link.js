// A Link is a WebSocket that connects again, after a random time: if a server with a thousand
// clients restarts, they must not all come back in the same moment. The bound of the time doubles
// with each attempt, and the time is anything up to it ("full jitter").
const first = 500; // milliseconds, the bound before the second attempt
const longest = 15_000;
const patience = 10_000; // for the handshake

export class Link {
  #address;
  #on;
  #socket;
  #attempt = 0;
  #timer;

  // on has the functions open(), frame(text), lost() and waiting(seconds); 0 seconds: it tries now.
  constructor(address, on) {
    this.#address = address;
    this.#on = on;
    addEventListener("online", () => this.now());
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(text) {
    if (this.isOpen) this.#socket.send(text);
    return this.isOpen;
  }

  // now tries at once, unless it is connected or connecting.
  now() {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  // drop gives this connection up, for a new one.
  drop() {
    this.#socket.close();
  }

  #connect() {
    this.#timer = undefined;
    this.#on.waiting(0);
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    const slow = setTimeout(() => socket.close(), patience);
    socket.onopen = () => {
      clearTimeout(slow);
      this.#on.open();
    };
    socket.onmessage = (event) => {
      this.#attempt = 0; // not when it opens: a server that falls over may still accept
      this.#on.frame(String(event.data));
    };
    socket.onclose = () => {
      clearTimeout(slow);
      this.#on.lost();
      this.#wait(Date.now() + Math.random() * Math.min(longest, first * 2 ** this.#attempt++));
    };
  }

  // wait counts down, to the time end.
  #wait(end) {
    const left = end - Date.now();
    if (left <= 0) {
      this.#connect();
      return;
    }
    this.#on.waiting(Math.ceil(left / 1000));
    this.#timer = setTimeout(() => this.#wait(end), Math.min(left, 1000));
  }
}
