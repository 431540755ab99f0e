import { createHash, createHmac, randomUUID } from "node:crypto";

export const ISSUER = "Handoff";

/** How long an attempt's signature holds. What is older is a replay. */
const LIFETIME_SECONDS = 300;

/**
 * A JSON Web Token (RFC 7519, HS256) with the claims that a QStash delivery has:
 * https://upstash.com/docs/qstash/howto/signature
 */
export function sign(key: string, url: string, body: Uint8Array, now: number): string {
  const seconds = Math.floor(now / 1000);
  const claims = {
    iss: ISSUER,
    sub: url,
    exp: seconds + LIFETIME_SECONDS,
    nbf: seconds,
    iat: seconds,
    jti: randomUUID(),
    body: createHash("sha256").update(body).digest("base64url"),
  };
  const signed = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}
