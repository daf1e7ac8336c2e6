"use strict";
// A frame as text, as JSON with line breaks, or as bytes.

// pretty returns JSON with line breaks and indents, or undefined if the text is no JSON. It moves
// the text only: numbers keep all their digits, which JSON.parse would not do.
function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let out = "";
  let depth = 0;
  const line = () => "\n" + "  ".repeat(depth);
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') {
      let end = i + 1;
      while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      out += text.slice(i, end + 1);
      i = end;
    } else if (c === "{" || c === "[") {
      const rest = text.slice(i + 1).trimStart();
      if (rest[0] === "}" || rest[0] === "]") {
        out += c + rest[0];
        i = text.length - rest.length;
      } else {
        depth++;
        out += c + line();
      }
    } else if (c === "}" || c === "]") {
      depth--;
      out += line() + c;
    } else if (c === ",") {
      out += c + line();
    } else if (c === ":") {
      out += ": ";
    } else if (c.trim() !== "") {
      out += c;
    }
  }
  return out;
}

// hex returns bytes as a table of 16 a line.
function hex(base64) {
  const data = atob(base64);
  const lines = [];
  for (let at = 0; at < data.length; at += 16) {
    const part = [...data.slice(at, at + 16)];
    const digits = part.map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
    const shown = part.map((c) => (c >= " " && c <= "~" ? c : "·")).join("");
    lines.push(at.toString(16).padStart(4, "0") + "  " + digits.padEnd(48) + " " + shown);
  }
  return lines.join("\n");
}

let asJSON = true; // of all frames, as chosen last

// frameNode shows a frame, with buttons for text and JSON if it is JSON.
function frameNode(frame, label) {
  const box = el("div", { class: "frame" });
  const notes = [bytes(frame.size)];
  if (frame.base64 !== undefined) notes.push("binary");
  if (frame.cut) notes.push("the first 32 KB are shown");
  const head = el("p", { class: "frame-head" }, el("b", {}, label), " ", el("span", { class: "soft" }, notes.join(", ")));
  const body = el("pre", { tabindex: "0", "aria-label": label });
  box.append(head, body);
  const text = frame.text ?? "";
  const json = frame.base64 === undefined ? pretty(text) : undefined;
  const show = () => {
    body.textContent = frame.base64 !== undefined ? hex(frame.base64) : json !== undefined && asJSON ? json : text;
    if (body.textContent === "") body.append(el("i", {}, "empty"));
  };
  if (json !== undefined && json !== text) {
    const buttons = ["JSON", "Text"].map((name) => el("button", { class: "small", "aria-pressed": String((name === "JSON") === asJSON), click: () => {
      asJSON = name === "JSON";
      for (const b of buttons) b.setAttribute("aria-pressed", String((b.textContent === "JSON") === asJSON));
      show();
    } }, name));
    head.append(el("span", { class: "choice", role: "group", "aria-label": "Show as" }, ...buttons));
  }
  show();
  return box;
}
