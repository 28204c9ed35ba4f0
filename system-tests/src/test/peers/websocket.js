// For Nodes without a WebSocket of their own: that of Debian's node-ws.
"use strict";
globalThis.WebSocket ??= require("ws");
globalThis.crypto ??= require("crypto").webcrypto;
