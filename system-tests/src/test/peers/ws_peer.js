"use strict";
// A WebSocket peer on Node's ws: ws_peer.js url options, told what to do line by line.
//
// Options: JSON with token, protocol, origin, ca (PEM). Commands, one JSON object a line: {"text": …},
// {"binary": base64}, {"ping": true}, {"pause": true}, {"resume": true}, {"close": code}.
// Said: OPEN subprotocol, TEXT message, BIN base64, PING, PONG, CLOSE code reason, REFUSED status body.
const readline = require("readline");
const WebSocket = require("ws");

const options = JSON.parse(process.argv[3]);
const headers = options.token ? { Authorization: `Bearer ${options.token}` } : {};
const socket = new WebSocket(process.argv[2], options.protocol ? [options.protocol] : [], {
  headers, origin: options.origin, ca: options.ca, perMessageDeflate: false, maxPayload: 64 << 20,
});
const say = (...words) => process.stdout.write(`${words.join(" ").replace(/\r?\n/g, " ")}\n`);

socket.on("open", () => say("OPEN", socket.protocol || "-"));
socket.on("message", (data, binary) =>
  (binary ? say("BIN", data.toString("base64")) : say("TEXT", data.toString("utf8"))));
socket.on("ping", () => say("PING"));
socket.on("pong", () => say("PONG"));
socket.on("close", (code, reason) => say("CLOSE", code, reason.toString()));
socket.on("error", (broken) => say("ERROR", broken.message));
socket.on("unexpected-response", (request, response) => {
  let body = "";
  response.on("data", (part) => { body += part; });
  response.on("end", () => say("REFUSED", response.statusCode, body));
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const told = JSON.parse(line);
  if (told.text !== undefined) socket.send(told.text);
  else if (told.binary !== undefined) socket.send(Buffer.from(told.binary, "base64"));
  else if (told.ping) socket.ping();
  else if (told.pause) socket.pause();
  else if (told.resume) socket.resume();
  else if (told.close) socket.close(told.close);
}).on("close", () => process.exit(0));
