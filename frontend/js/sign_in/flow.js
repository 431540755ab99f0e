import {
  None,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  validateAuthResponse,
} from "../vendor/oauth4webapi.js";

/** Where the provider sends the person back to: a page that tells this one, and closes. */
export const RETURN = new URL("signed-in.html", document.baseURI).href;

/** Amazon Cognito's pages heed `login` alone. */
const promptFor = ({ hostname }) => (hostname.endsWith(".amazoncognito.com") ? "login" : "select_account");

/**
 * One sign-in: OpenID Connect's authorization code flow with PKCE (RFC 7636). All of it is in this page's memory, so what
 * comes back without this page is of no use to anybody.
 */
export class Flow {
  #verifier = generateRandomCodeVerifier();
  #state = generateRandomState();
  #server;
  #client;
  #nonce;
  #scope;

  constructor({ client_id, nonce, scope, ...server }) {
    this.#server = server;
    this.#client = { client_id };
    this.#nonce = nonce;
    this.#scope = scope;
  }

  /** @param choose whether they are asked who they are, though the provider may know */
  async address(choose) {
    const url = new URL(this.#server.authorization_endpoint);
    const parameters = {
      client_id: this.#client.client_id,
      code_challenge: await calculatePKCECodeChallenge(this.#verifier),
      code_challenge_method: "S256",
      nonce: this.#nonce,
      redirect_uri: RETURN,
      response_type: "code",
      scope: this.#scope,
      state: this.#state,
      ...(choose && { prompt: promptFor(url) }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Whether an answer (a query) is to this sign-in, not another tab's. Some refuse without saying to which. */
  isOurs(answer) {
    const given = new URLSearchParams(answer);
    return given.get("state") === this.#state || (!given.has("state") && given.has("error"));
  }

  /** The ID token for an answer. It, nonce included, is the service's to check. @throws also what has an `error` */
  async token(answer) {
    const [server, client] = [this.#server, this.#client];
    const given = new URLSearchParams(answer);
    if (given.has("error")) throw { error: given.get("error") };
    const found = validateAuthResponse(server, client, given, this.#state);
    const isPlain = location.protocol === "http:"; // A laptop's provider may be one too.
    const options = { [allowInsecureRequests]: isPlain, signal: AbortSignal.timeout(15_000) };
    const response = await authorizationCodeGrantRequest(server, client, None(), found, RETURN, this.#verifier, options);
    const body = await response.json();
    if (!body.id_token) throw body;
    return body.id_token;
  }
}
