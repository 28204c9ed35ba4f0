import{Ft as e,Gt as t,Mt as n,X as r,ct as i,ht as a,mt as o,xt as s,yt as c}from"./index-RWw2QQrx.js";var l=s(`<div class="skeleton"></div>`),u=s(`<div class="stack" role="status"><span class="hidden-text">loading</span> <!></div>`);function d(s,d){let f=r(d,`rows`,3,4);var p=u(),m=e(n(p),2);o(m,17,()=>({length:f()}),a,(e,t,n)=>{var r=l();i(r,``,{},{width:`${90-n*17%40}%`}),c(e,r)}),t(p),c(s,p)}function f(e){return`'${e.replaceAll(`'`,`'\\''`)}'`}function p(e,t){let n=`${e}/events?topic=${encodeURIComponent(t)}`;return[{name:`CLI`,text:`./databroker sub ${m(t)}${f(t)}`},{name:`curl`,text:`curl -N -H "Authorization: Bearer $TOKEN" ${f(n)}`},{name:`JavaScript`,text:`const answer = await fetch(${JSON.stringify(n)}, {
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
}`},{name:`Python`,text:`import json, os, urllib.request
request = urllib.request.Request(
    ${JSON.stringify(n)},
    headers={"Authorization": "Bearer " + os.environ["TOKEN"]})
for line in urllib.request.urlopen(request):
    if line.startswith(b"data: "):
        event = json.loads(line[6:])
        if "topic" in event: print(event["topic"], event.get("data", event.get("data_base64")), flush=True)`}]}function m(...e){return e.some(e=>e.startsWith(`-`))?`-- `:``}function h(e,t,n){let r=JSON.stringify(`${e}/events/${t.split(`/`).map(encodeURIComponent).join(`/`)}`),{text:i,base64:a}=n,o=n.type||(a===void 0?`text/plain`:`application/octet-stream`),s=`-H ${f(`Content-Type: ${o}`)}`,c=a===void 0?``:`printf %s ${f(a)} | base64 -d | `;return[{name:`CLI`,text:`${c}./databroker pub ${o===`application/json`&&a===void 0?``:`--type ${f(o)} `}${a===void 0?`${m(t,i)}${f(t)} ${f(i)}`:`${m(t)}${f(t)}`}`},{name:`curl`,text:`${c}curl -H "Authorization: Bearer $TOKEN" ${s} \\
  ${a===void 0?`--data-raw ${f(i)}`:`--data-binary @-`} ${f(JSON.parse(r))}`},{name:`JavaScript`,text:`const answer = await fetch(${r}, {
  method: "POST",
  headers: { Authorization: \`Bearer \${process.env.TOKEN}\`, "Content-Type": ${JSON.stringify(o)} },
  body: ${a===void 0?JSON.stringify(i):`Buffer.from(${JSON.stringify(a)}, "base64")`},
});
console.log(await answer.text());`},{name:`Python`,text:`import ${a===void 0?``:`base64, `}os, urllib.request
print(urllib.request.urlopen(urllib.request.Request(
    ${r}, method="POST",
    data=${a===void 0?`${JSON.stringify(i)}.encode()`:`base64.b64decode(${JSON.stringify(a)})`},
    headers={"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": ${JSON.stringify(o)}})).read().decode())`}]}function g(e,t,n,r,i){let a=`${e}/objects/${[...t.split(`/`),n].map(encodeURIComponent).join(`/`)}`,o=r.map(e=>f(e.trim()===``?`null`:e));return[{name:`CLI`,text:[`./databroker objects call`,`${m(...r)}${f(t)}`,n,...o].join(` `)},{name:`curl`,text:`curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  --data-raw ${f(i)} ${f(a)}`},{name:`JavaScript`,text:`const answer = await fetch(${JSON.stringify(a)}, {
  method: "POST",
  headers: { Authorization: \`Bearer \${process.env.TOKEN}\`, "Content-Type": "application/json" },
  body: ${JSON.stringify(i)},
});
console.log(await answer.json());`},{name:`Python`,text:`import json, os, urllib.request
print(json.load(urllib.request.urlopen(urllib.request.Request(
    ${JSON.stringify(a)}, method="POST", data=${JSON.stringify(i)}.encode(),
    headers={"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": "application/json"}))))`}]}function _(e,t){return[{name:`curl`,text:`curl -H "Authorization: Bearer $TOKEN" ${f(e+t)}`}]}export{p as a,f as i,g as n,d as o,h as r,_ as t};