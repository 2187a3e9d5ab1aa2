// A reverse proxy that ends TLS and HTTP/2, as one stands before the product, and that can
// be told to lose things: node proxy.mjs '{"port": .., "to": .., "key": .., "certificate": ..}'.
import { readFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";

const told = JSON.parse(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const counted = { asked: 0, lost: 0, replyLost: 0, busy: 0 };

// Chances in the same order every time, so that a run can be had again.
let seed = told.seed ?? 7;
const chance = () => ((seed = (seed * 1103515245 + 12345) % 2147483648), seed / 2147483648);

function fate(request) {
  if (!told.faults || request.method !== "POST") return "";
  counted.asked += 1;
  const drawn = chance();
  const [lost, replyLost, busy] = told.faults;
  if (drawn < lost) return (counted.lost += 1), "lost";
  if (drawn < lost + replyLost) return (counted.replyLost += 1), "reply lost";
  if (drawn < lost + replyLost + busy) return (counted.busy += 1), "busy";
  return "";
}

const server = http2.createSecureServer(
  { key: readFileSync(told.key), cert: readFileSync(told.certificate), allowHTTP1: true },
  (request, response) => {
    const doom = fate(request);
    const drop = () => (request.stream ?? request.socket).destroy();
    if (doom === "lost") return drop();
    if (doom === "busy") return response.writeHead(503), response.end("busy");
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(":") && name !== "connection"));
    headers.host = request.authority ?? request.headers.host;
    headers["x-forwarded-for"] = request.socket.remoteAddress;
    headers["x-forwarded-proto"] = "https";
    headers["x-forwarded-host"] = headers.host;
    const asked = http.request({ port: told.to, host: "127.0.0.1", method: request.method, path: request.url, headers, agent }, (reply) => {
      if (doom === "reply lost") return reply.resume().on("end", drop);
      for (const name of ["connection", "keep-alive", "transfer-encoding"]) delete reply.headers[name];
      response.writeHead(reply.statusCode, reply.headers);
      reply.pipe(response);
    });
    asked.on("error", drop);
    request.pipe(asked);
  },
);
server.on("sessionError", () => {});
server.on("secureConnection", (socket) => socket.setNoDelay(true));
server.listen(told.port, "0.0.0.0", () => console.log("ready"));
process.on("SIGTERM", () => (console.log(JSON.stringify(counted)), process.exit()));
