"use strict";
// Events as they pass: one WebSocket, the token in the first frame, never in an address.
const ROWS_MAX = 200;
const byId = (id) => document.getElementById(id);
let socket = null;
let nextId = 1;

function say(text) { byId("status").textContent = text; }

function row(event) {
  const tr = document.createElement("tr");
  const data = event.data_base64 !== undefined ? `(binary) ${event.data_base64}`
    : typeof event.data === "string" ? event.data
    : event.data === undefined ? "" : JSON.stringify(event.data);
  for (const text of [event.time, event.topic, event.attributes?.type ?? "", event.principal, data]) {
    const td = document.createElement("td");
    td.textContent = text;
    tr.append(td);
  }
  const body = byId("events");
  body.prepend(tr);
  while (body.rows.length > ROWS_MAX) body.deleteRow(-1);
}

function received(message) {
  switch (message.op) {
    case "welcome":
      say(`connected as ${message.principal}`);
      send({ op: "subscribe", topic: byId("pattern").value });
      break;
    case "event": row(message); break;
    case "gap": say(`missed ${message.lost ?? "some"} events: this page reads too slowly`); break;
    case "error": say(`${message.problem.number} ${message.problem.detail}. ${message.problem.remedy}`); break;
    default: break;
  }
}

function send(message) { socket.send(JSON.stringify({ id: nextId++, ...message })); }

byId("connect").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  if (socket) socket.close();
  const address = new URL("/events", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(address, "databroker.v1.json");
  socket = opened;
  opened.onopen = () => send({ op: "auth", token: byId("token").value });
  opened.onmessage = (frame) => received(JSON.parse(frame.data));
  opened.onclose = (closed) => { if (socket === opened) say(`closed: ${closed.reason || closed.code}`); };
});

byId("publish").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  if (!socket || socket.readyState !== WebSocket.OPEN) { say("connect first"); return; }
  const text = byId("payload").value;
  let json = false;
  try { json = typeof JSON.parse(text) === "object"; } catch { json = false; }
  send({ op: "publish", topic: byId("topic").value, data: json ? JSON.parse(text) : text });
});
