/*
 * How Trigger.dev runs the task that carries Handoff's messages.
 *
 * In its cloud, from this folder:
 *     npm ci
 *     npx trigger.dev@4.8.3 login
 *     TRIGGER_PROJECT_REF=proj_… npx trigger.dev@4.8.3 deploy
 * On a Trigger.dev of one's own (https://trigger.dev/docs/self-hosting/docker), the same with
 *     npx trigger.dev@4.8.3 login --api-url https://trigger.example.com
 *
 * The project's environment variables, set in its dashboard, are
 *     HANDOFF_SIGNING_KEY   the first of Handoff's TRIGGER_SIGNING_KEYS
 *     <NAME>_API_KEY        for each credential that messages name: OPENAI_API_KEY for "openai"
 *
 * Whoever may look at the project sees each message: its address, headers and body. Handoff's own messages hold ids
 * alone. No secret may go into one, not even as a header that is to be redacted: name a credential.
 */
import { defineConfig } from "@trigger.dev/sdk";

export default defineConfig({
  project: process.env["TRIGGER_PROJECT_REF"] ?? "",
  runtime: "node-22",
  dirs: ["./trigger"],
  // Of processor time, in seconds; a call takes next to none, however long it waits.
  maxDuration: 300,
  // How often is each message's own matter.
  retries: { enabledInDev: true },
});
