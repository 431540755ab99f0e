// Has the Observatory look at a host as it looks at any, but that the host is here: port 443 is `https` and 80 is `http`.
// Usage: node scan.mjs HOST HTTPS_PORT HTTP_PORT. NODE_EXTRA_CA_CERTS names who vouches for the host.
import http from "node:http";
import https from "node:https";

const [host, httpsPort, httpPort] = process.argv.slice(2);
leadHere(https.Agent, Number(httpsPort));
leadHere(http.Agent, Number(httpPort));
const { scan } = await import("@mdn/mdn-http-observatory");
console.log(JSON.stringify(await scan(host)));

function leadHere(agent, port) {
  const connect = agent.prototype.createConnection;
  agent.prototype.createConnection = function (options, callback) {
    return connect.call(this, { ...options, host: "127.0.0.1", port, servername: host }, callback);
  };
}
