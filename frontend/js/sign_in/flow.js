import {
  None,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  validateAuthResponse,
} from "../vendor/oauth4webapi.js";

/** Where the provider sends the person back to: a page that tells this one, and closes itself. */
export const RETURN = new URL("signed-in.html", document.baseURI).href;

/**
 * One sign-in: the authorization code flow with PKCE (RFC 7636), as OpenID Connect has it. All of it is in the memory of
 * this page, so what comes back without this page is of no use to anybody.
 */
export class Flow {
  #verifier = generateRandomCodeVerifier();
  #state = generateRandomState();
  #server;
  #client;
  #nonce;
  #scope;

  /** @param about the session's `sign_in` */
  constructor({ client_id, nonce, scope, ...server }) {
    this.#server = server;
    this.#client = { client_id };
    this.#nonce = nonce;
    this.#scope = scope;
  }

  /** Where the person signs in. @param choose whether they are to be asked who they are, though the provider may know */
  async address(choose) {
    const parameters = {
      client_id: this.#client.client_id,
      code_challenge: await calculatePKCECodeChallenge(this.#verifier),
      code_challenge_method: "S256",
      nonce: this.#nonce,
      redirect_uri: RETURN,
      response_type: "code",
      scope: this.#scope,
      state: this.#state,
      ...(choose && { prompt: "select_account" }),
    };
    const url = new URL(this.#server.authorization_endpoint);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Whether an answer (a query) is to this sign-in, not to one of another tab. Some refuse without saying to which. */
  isOurs(answer) {
    const given = new URLSearchParams(answer);
    return given.get("state") === this.#state || (!given.has("state") && given.has("error"));
  }

  /**
   * Changes the answer's code for an ID token. What that says, the nonce included, is the service's to check: the page
   * does not believe it either.
   * @throws the library's errors, and what the provider answered; both with `error` where it gave one
   */
  async token(answer) {
    const [server, client] = [this.#server, this.#client];
    const given = new URLSearchParams(answer);
    if (given.has("error")) throw { error: given.get("error") };
    const found = validateAuthResponse(server, client, given, this.#state);
    const isPlain = location.protocol === "http:"; // A laptop, where the provider may be one too.
    const options = { [allowInsecureRequests]: isPlain, signal: AbortSignal.timeout(15_000) };
    const response = await authorizationCodeGrantRequest(server, client, None(), found, RETURN, this.#verifier, options);
    const body = await response.json();
    if (!body.id_token) throw body;
    return body.id_token;
  }
}
