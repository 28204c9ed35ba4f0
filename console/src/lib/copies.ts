// The same as a command or a program: what is seen here can be done elsewhere.

export interface Copy {
  name: string;
  text: string;
}

/** For a POSIX shell. */
export function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Its values as they pass. What it runs on need be no browser: nothing is used that Node 18, Deno or Bun lack. */
export function subscribing(origin: string, pattern: string): Copy[] {
  const address = `${origin}/events?topic=${encodeURIComponent(pattern)}`;
  return [
    { name: "CLI", text: `./databroker sub ${dashed(pattern)}${shell(pattern)}` },
    { name: "curl", text: `curl -N -H "Authorization: Bearer $TOKEN" ${shell(address)}` },
    {
      name: "JavaScript",
      text: `const answer = await fetch(${JSON.stringify(address)}, {
  headers: { Authorization: \`Bearer \${process.env.TOKEN}\` },
});
if (!answer.ok) throw new Error(await answer.text());
let rest = "";
for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\\n");
  rest = lines.pop();
  for (const line of lines.filter((each) => each.startsWith("data: "))) {
    const event = JSON.parse(line.slice(6));
    if (event.topic) console.log(event.topic, event.data ?? event.data_base64);
  }
}`,
    },
    {
      name: "Python",
      text: `import json, os, urllib.request
request = urllib.request.Request(
    ${JSON.stringify(address)},
    headers={"Authorization": "Bearer " + os.environ["TOKEN"]})
for line in urllib.request.urlopen(request):
    if line.startswith(b"data: "):
        event = json.loads(line[6:])
        if "topic" in event: print(event["topic"], event.get("data", event.get("data_base64")), flush=True)`,
    },
  ];
}

/** Words that begin with a dash are no options. */
function dashed(...words: string[]): string {
  return words.some((each) => each.startsWith("-")) ? "-- " : "";
}

/** What is published: a text, or bytes that are none. */
export interface Payload {
  text: string;
  /** The content type; empty where none was said. */
  type: string;
  /** In place of the text, where the bytes are no text. */
  base64?: string;
}

export function publishing(origin: string, topic: string, payload: Payload): Copy[] {
  const address = JSON.stringify(`${origin}/events/${topic.split("/").map(encodeURIComponent).join("/")}`);
  const { text, base64 } = payload;
  const type = payload.type || (base64 === undefined ? "text/plain" : "application/octet-stream");
  const header = `-H ${shell(`Content-Type: ${type}`)}`;
  const bytes = base64 === undefined ? "" : `printf %s ${shell(base64)} | base64 -d | `;
  // The command line tells JSON by itself.
  const typed = type === "application/json" && base64 === undefined ? "" : `--type ${shell(type)} `;
  const command = base64 === undefined ? `${dashed(topic, text)}${shell(topic)} ${shell(text)}` : `${dashed(topic)}${shell(topic)}`;
  return [
    { name: "CLI", text: `${bytes}./databroker pub ${typed}${command}` },
    {
      name: "curl",
      // A payload that begins with @ is no file.
      text: `${bytes}curl -H "Authorization: Bearer $TOKEN" ${header} \\
  ${base64 === undefined ? `--data-raw ${shell(text)}` : "--data-binary @-"} ${shell(JSON.parse(address) as string)}`,
    },
    {
      name: "JavaScript",
      text: `const answer = await fetch(${address}, {
  method: "POST",
  headers: { Authorization: \`Bearer \${process.env.TOKEN}\`, "Content-Type": ${JSON.stringify(type)} },
  body: ${base64 === undefined ? JSON.stringify(text) : `Buffer.from(${JSON.stringify(base64)}, "base64")`},
});
console.log(await answer.text());`,
    },
    {
      name: "Python",
      text: `import ${base64 === undefined ? "" : "base64, "}os, urllib.request
print(urllib.request.urlopen(urllib.request.Request(
    ${address}, method="POST",
    data=${base64 === undefined ? `${JSON.stringify(text)}.encode()` : `base64.b64decode(${JSON.stringify(base64)})`},
    headers={"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": ${JSON.stringify(type)}})).read().decode())`,
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
  return [
    { name: "CLI", text: ["./databroker objects call", `${dashed(...written)}${shell(target)}`, method, ...given].join(" ") },
    {
      name: "curl",
      text: `curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  --data-raw ${shell(body)} ${shell(address)}`,
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
