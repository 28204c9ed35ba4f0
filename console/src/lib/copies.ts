// The same as a command or a program: what is seen here can be done elsewhere.

export interface Copy {
  name: string;
  text: string;
}

/** For a POSIX shell. */
export function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export function subscribing(origin: string, pattern: string): Copy[] {
  const topic = encodeURIComponent(pattern);
  return [
    { name: "CLI", text: `./databroker sub ${shell(pattern)}` },
    { name: "curl", text: `curl -N -H "Authorization: Bearer $TOKEN" ${shell(`${origin}/events?topic=${topic}`)}` },
    {
      name: "JavaScript",
      text: `const socket = new WebSocket(${JSON.stringify(`${origin.replace(/^http/, "ws")}/events`)}, "databroker.v1.json");
socket.onopen = () => {
  socket.send(JSON.stringify({ op: "auth", token: process.env.TOKEN }));
  socket.send(JSON.stringify({ op: "subscribe", id: 1, topic: ${JSON.stringify(pattern)} }));
};
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.op === "event") console.log(message.topic, message.data);
};`,
    },
    {
      name: "Python",
      text: `import json, os, urllib.request
request = urllib.request.Request(
    ${JSON.stringify(`${origin}/events?topic=${topic}`)},
    headers={"Authorization": "Bearer " + os.environ["TOKEN"]})
for line in urllib.request.urlopen(request):
    if line.startswith(b"data: "):
        event = json.loads(line[6:])
        print(event.get("topic"), event.get("data"))`,
    },
  ];
}

export function publishing(origin: string, topic: string, payload: string, json: boolean): Copy[] {
  const address = `${origin}/events/${topic.split("/").map(encodeURIComponent).join("/")}`;
  const type = json ? "application/json" : "text/plain";
  return [
    { name: "CLI", text: `./databroker pub ${shell(topic)} ${shell(payload)}` },
    {
      name: "curl",
      text: `curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: ${type}' \\
  --data-binary ${shell(payload)} ${shell(address)}`,
    },
    {
      name: "JavaScript",
      text: `await fetch(${JSON.stringify(address)}, {
  method: "POST",
  headers: { Authorization: \`Bearer \${process.env.TOKEN}\`, "Content-Type": ${JSON.stringify(type)} },
  body: ${JSON.stringify(payload)},
});`,
    },
    {
      name: "Python",
      text: `import os, urllib.request
urllib.request.urlopen(urllib.request.Request(
    ${JSON.stringify(address)}, method="POST",
    data=${JSON.stringify(payload)}.encode(),
    headers={"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": ${JSON.stringify(type)}}))`,
    },
  ];
}

/**
 * @param target an object, as `Person/42`, or a type
 * @param written the arguments as they are typed; `body` is the list of them
 */
export function calling(origin: string, target: string, method: string, written: string[], body: string): Copy[] {
  const address = `${origin}/objects/${[...target.split("/"), method].map(encodeURIComponent).join("/")}`;
  const given = written.map((each) => shell(each.trim() === "" ? "null" : each));
  const dashed = written.some((each) => each.startsWith("-")) ? "-- " : "";
  return [
    { name: "CLI", text: ["./databroker objects call", `${dashed}${shell(target)}`, method, ...given].join(" ") },
    {
      name: "curl",
      text: `curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  --data-binary ${shell(body)} ${shell(address)}`,
    },
    {
      name: "JavaScript",
      text: `const answer = await fetch(${JSON.stringify(address)}, {
  method: "POST",
  headers: { Authorization: \`Bearer \${process.env.TOKEN}\`, "Content-Type": "application/json" },
  body: ${JSON.stringify(body)},
});
console.log(await answer.json());`,
    },
    {
      name: "Python",
      text: `import json, os, urllib.request
print(json.load(urllib.request.urlopen(urllib.request.Request(
    ${JSON.stringify(address)}, method="POST", data=${JSON.stringify(body)}.encode(),
    headers={"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": "application/json"}))))`,
    },
  ];
}

export function asking(origin: string, path: string): Copy[] {
  return [{ name: "curl", text: `curl -H "Authorization: Bearer $TOKEN" ${shell(origin + path)}` }];
}
