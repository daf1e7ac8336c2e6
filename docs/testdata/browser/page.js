import { connect } from "./client.js";

const address = new URL("/api/", location.href.replace(/^http/, "ws"));
const send = connect(address, {
  open: () => send("hello again"), // what the server must know of this client
  message(text) {
    const row = document.createElement("li");
    row.textContent = text; // never innerHTML: the text is from a stranger
    lines.append(row);
  },
  state: (name) => (state.textContent = name),
});

form.onsubmit = (event) => {
  event.preventDefault();
  if (send(line.value)) line.value = "";
};
