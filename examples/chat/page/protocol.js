// The server's frames are lines for people. A name has no space, no colon and no quotation mark, so
// a frame says by its form what it is, and a message cannot look like news of the server.
const forms = [
  ["welcome", /^Using nickname: (\S+)\n/],
  ["myName", /^(?:Nickname is|Current nickname): (\S+)$/],
  ["askName", /^Send your nickname first\./],
  ["taken", /^Nickname is already in use: (\S+)$/],
  ["entered", /^(?:Joined|Already in) chat room "(.+)"$/],
  ["exited", /^Left chat room "(.+)"$/],
  ["joined", /^(\S+) joined room\.$/],
  ["left", /^(\S+) left room\.$/],
  ["renamed", /^(\S+) is now known as (\S+)\.$/],
  ["noList", /^(?:No rooms\.|Chat room ".+" is empty\.)/],
  ["notice", /^(Usage: \/.*)$/s],
  ["message", /^([^\s:]+): (.*)$/s],
  ["privately", /^([^\s:]+) \(private\): (.*)$/s],
  ["privatelyTo", /^([^\s:]+) \(private to ([^\s:]+)\): (.*)$/s],
  ["action", /^\* (\S+) (.*)$/s],
];

// parse returns what a frame is, and its parts.
export function parse(frame) {
  for (const [kind, form] of forms) {
    const found = form.exec(frame);
    if (found) return { kind, parts: found.slice(1), frame };
  }
  if (/^\S+(\n\S+)*$/.test(frame)) return { kind: "list", parts: frame.split("\n"), frame };
  return { kind: "notice", parts: [failure(frame) ?? frame], frame };
}

// failure returns the text of an error of the server, which is JSON: no other frame begins so.
function failure(frame) {
  if (!frame.startsWith('{"message"')) return undefined;
  try {
    return String(JSON.parse(frame).message);
  } catch {
    return undefined;
  }
}
