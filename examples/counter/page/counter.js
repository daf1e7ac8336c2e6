// The server sends the count as a number, at first and after each press. A press is any message.
const count = document.getElementById("count");
const press = document.getElementById("press");
const state = document.getElementById("state");
const address = new URL("/api/", location.href.replace(/^http/, "ws"));

let socket;
let highest = -1; // two presses at a time may be told of in another order
let pause = 1000; // milliseconds until the next attempt

function connect() {
  socket = new WebSocket(address);
  socket.onopen = () => {
    pause = 1000;
    highest = -1;
    press.disabled = false;
    state.textContent = "Open this page twice, and press.";
  };
  socket.onmessage = (event) => {
    highest = Math.max(highest, JSON.parse(event.data));
    count.textContent = highest.toLocaleString();
  };
  socket.onclose = () => {
    press.disabled = true;
    state.textContent = "Not connected. Trying again…";
    setTimeout(connect, pause * Math.random());
    pause = Math.min(2 * pause, 30_000);
  };
}

press.onclick = () => socket.send("press");
connect();
