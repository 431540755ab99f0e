// One container of Azurite's blob service: node serve.cjs PACKAGES HOST PORT ACCOUNT CONTAINER, until SIGTERM.
//
// Azurite's own command would listen before the container is there. It reads the account's key from AZURITE_ACCOUNTS.
"use strict";

const [packages, host, port, account, container] = process.argv.slice(2);
const load = require("node:module").createRequire(`${packages}/`);

const BlobConfiguration = load("azurite/dist/src/blob/BlobConfiguration").default;
const BlobServer = load("azurite/dist/src/blob/BlobServer").default;
const { AzuriteTelemetryClient } = load("azurite/dist/src/common/Telemetry");
const { configLogger } = load("azurite/dist/src/common/Logger");

AzuriteTelemetryClient.init("", false);
configLogger(false);

const options = {
  host,
  port: Number(port),
  keepAliveTimeout: 5,
  metadataDBPath: "",
  extentDBPath: "",
  persistencePathArray: [],
  enableAccessLog: false,
  accessLogWriteStream: undefined,
  enableDebugLog: false,
  debugLogFilePath: undefined,
  loose: false,
  skipApiVersionCheck: true, // the SDK may be newer
  cert: "",
  key: "",
  pwd: "",
  oauth: undefined,
  disableProductStyleUrl: true, // the account is in the path
  isMemoryPersistence: true,
};

class WithContainer extends BlobServer {
  async beforeStart() {
    await super.beforeStart();
    await this.metadataStore.createContainer(undefined, {
      accountName: account,
      name: container,
      properties: { etag: '"0"', lastModified: new Date(), leaseStatus: "unlocked", leaseState: "available" },
    });
  }
}

const server = new WithContainer(new BlobConfiguration(...Object.values(options)));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
server.start().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
